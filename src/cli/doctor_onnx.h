/**
 * @file doctor_onnx.h
 * `linnet doctor --onnx FILE`: will this network run here?
 */
#ifndef LNTI_CLI_DOCTOR_ONNX_H
#define LNTI_CLI_DOCTOR_ONNX_H

#include <cli/cli.h>

/**
 * Reads the network, says what it takes and makes, which of its operators are not known, and runs it once on an input of
 * zeros. The exit code is LNTI_EXIT_FAILED where it does not run; the reason is printed, not returned.
 * @param size  height and width for an input that leaves them open; 0: not given
 */
LNT_MUST_CHECK lnt_status lnti_doctor_onnx(lnti_cli *cli, const char *path, size_t size, lnt_error *err);

#endif
