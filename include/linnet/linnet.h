/**
 * @file linnet.h
 * All of Linnet's public interface.
 */
#ifndef LINNET_LINNET_H
#define LINNET_LINNET_H

#include <linnet/cpu.h>
#include <linnet/model.h>
#include <linnet/status.h>
#include <linnet/version.h>

#endif
