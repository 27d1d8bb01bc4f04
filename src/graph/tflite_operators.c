/*
 * The operators of TensorFlow Lite: all by name, so that messages can name them, and those that are known. Numbers are those of
 * BuiltinOperator in schema.fbs.
 */
#include <graph/tflite_internal.h>

static const char *const names[] = {"ADD",
                                    "AVERAGE_POOL_2D",
                                    "CONCATENATION",
                                    "CONV_2D",
                                    "DEPTHWISE_CONV_2D",
                                    "DEPTH_TO_SPACE",
                                    "DEQUANTIZE",
                                    "EMBEDDING_LOOKUP",
                                    "FLOOR",
                                    "FULLY_CONNECTED",
                                    "HASHTABLE_LOOKUP",
                                    "L2_NORMALIZATION",
                                    "L2_POOL_2D",
                                    "LOCAL_RESPONSE_NORMALIZATION",
                                    "LOGISTIC",
                                    "LSH_PROJECTION",
                                    "LSTM",
                                    "MAX_POOL_2D",
                                    "MUL",
                                    "RELU",
                                    "RELU_N1_TO_1",
                                    "RELU6",
                                    "RESHAPE",
                                    "RESIZE_BILINEAR",
                                    "RNN",
                                    "SOFTMAX",
                                    "SPACE_TO_DEPTH",
                                    "SVDF",
                                    "TANH",
                                    "CONCAT_EMBEDDINGS",
                                    "SKIP_GRAM",
                                    "CALL",
                                    "CUSTOM",
                                    "EMBEDDING_LOOKUP_SPARSE",
                                    "PAD",
                                    "UNIDIRECTIONAL_SEQUENCE_RNN",
                                    "GATHER",
                                    "BATCH_TO_SPACE_ND",
                                    "SPACE_TO_BATCH_ND",
                                    "TRANSPOSE",
                                    "MEAN",
                                    "SUB",
                                    "DIV",
                                    "SQUEEZE",
                                    "UNIDIRECTIONAL_SEQUENCE_LSTM",
                                    "STRIDED_SLICE",
                                    "BIDIRECTIONAL_SEQUENCE_RNN",
                                    "EXP",
                                    "TOPK_V2",
                                    "SPLIT",
                                    "LOG_SOFTMAX",
                                    "DELEGATE",
                                    "BIDIRECTIONAL_SEQUENCE_LSTM",
                                    "CAST",
                                    "PRELU",
                                    "MAXIMUM",
                                    "ARG_MAX",
                                    "MINIMUM",
                                    "LESS",
                                    "NEG",
                                    "PADV2",
                                    "GREATER",
                                    "GREATER_EQUAL",
                                    "LESS_EQUAL",
                                    "SELECT",
                                    "SLICE",
                                    "SIN",
                                    "TRANSPOSE_CONV",
                                    "SPARSE_TO_DENSE",
                                    "TILE",
                                    "EXPAND_DIMS",
                                    "EQUAL",
                                    "NOT_EQUAL",
                                    "LOG",
                                    "SUM",
                                    "SQRT",
                                    "RSQRT",
                                    "SHAPE",
                                    "POW",
                                    "ARG_MIN",
                                    "FAKE_QUANT",
                                    "REDUCE_PROD",
                                    "REDUCE_MAX",
                                    "PACK",
                                    "LOGICAL_OR",
                                    "ONE_HOT",
                                    "LOGICAL_AND",
                                    "LOGICAL_NOT",
                                    "UNPACK",
                                    "REDUCE_MIN",
                                    "FLOOR_DIV",
                                    "REDUCE_ANY",
                                    "SQUARE",
                                    "ZEROS_LIKE",
                                    "FILL",
                                    "FLOOR_MOD",
                                    "RANGE",
                                    "RESIZE_NEAREST_NEIGHBOR",
                                    "LEAKY_RELU",
                                    "SQUARED_DIFFERENCE",
                                    "MIRROR_PAD",
                                    "ABS",
                                    "SPLIT_V",
                                    "UNIQUE",
                                    "CEIL",
                                    "REVERSE_V2",
                                    "ADD_N",
                                    "GATHER_ND",
                                    "COS",
                                    "WHERE",
                                    "RANK",
                                    "ELU",
                                    "REVERSE_SEQUENCE",
                                    "MATRIX_DIAG",
                                    "QUANTIZE",
                                    "MATRIX_SET_DIAG",
                                    "ROUND",
                                    "HARD_SWISH",
                                    "IF",
                                    "WHILE",
                                    "NON_MAX_SUPPRESSION_V4",
                                    "NON_MAX_SUPPRESSION_V5",
                                    "SCATTER_ND",
                                    "SELECT_V2",
                                    "DENSIFY",
                                    "SEGMENT_SUM",
                                    "BATCH_MATMUL",
                                    "PLACEHOLDER_FOR_GREATER_OP_CODES",
                                    "CUMSUM",
                                    "CALL_ONCE",
                                    "BROADCAST_TO",
                                    "RFFT2D",
                                    "CONV_3D",
                                    "IMAG",
                                    "REAL",
                                    "COMPLEX_ABS",
                                    "HASHTABLE",
                                    "HASHTABLE_FIND",
                                    "HASHTABLE_IMPORT",
                                    "HASHTABLE_SIZE",
                                    "REDUCE_ALL",
                                    "CONV_3D_TRANSPOSE",
                                    "VAR_HANDLE",
                                    "READ_VARIABLE",
                                    "ASSIGN_VARIABLE",
                                    "BROADCAST_ARGS",
                                    "RANDOM_STANDARD_NORMAL",
                                    "BUCKETIZE",
                                    "RANDOM_UNIFORM",
                                    "MULTINOMIAL",
                                    "GELU",
                                    "DYNAMIC_UPDATE_SLICE",
                                    "RELU_0_TO_1",
                                    "UNSORTED_SEGMENT_PROD",
                                    "UNSORTED_SEGMENT_MAX",
                                    "UNSORTED_SEGMENT_SUM",
                                    "ATAN2",
                                    "UNSORTED_SEGMENT_MIN",
                                    "SIGN"};

/* Number, function, operator of ONNX, least and most inputs, most outputs, 1 + field of the fused activation. */
static const lnti_tflite_operator operators[] = {
    {0, lnti_tflite_elementwise, "Add", 2, 2, 1, 1},                  /* ADD */
    {1, lnti_tflite_pool, "AveragePool", 1, 1, 1, 6},                 /* AVERAGE_POOL_2D */
    {2, lnti_tflite_concat, "Concat", 1, LNTI_TFLITE_MANY, 1, 2},     /* CONCATENATION */
    {3, lnti_tflite_conv, "Conv", 2, 3, 1, 4},                        /* CONV_2D */
    {4, lnti_tflite_conv, "Conv", 2, 3, 1, 5},                        /* DEPTHWISE_CONV_2D */
    {5, lnti_tflite_blocks, "DepthToSpace", 1, 1, 1, 0},              /* DEPTH_TO_SPACE */
    {6, lnti_tflite_same, NULL, 1, 1, 1, 0},                          /* DEQUANTIZE */
    {8, lnti_tflite_unary, "Floor", 1, 1, 1, 0},                      /* FLOOR */
    {9, lnti_tflite_dense, "Gemm", 2, 3, 1, 1},                       /* FULLY_CONNECTED */
    {11, lnti_tflite_l2_norm, "ReduceL2", 1, 1, 1, 1},                /* L2_NORMALIZATION */
    {13, lnti_tflite_local_norm, "LRN", 1, 1, 1, 0},                  /* LOCAL_RESPONSE_NORMALIZATION */
    {14, lnti_tflite_unary, "Sigmoid", 1, 1, 1, 0},                   /* LOGISTIC */
    {17, lnti_tflite_pool, "MaxPool", 1, 1, 1, 6},                    /* MAX_POOL_2D */
    {18, lnti_tflite_elementwise, "Mul", 2, 2, 1, 1},                 /* MUL */
    {19, lnti_tflite_unary, "Relu", 1, 1, 1, 0},                      /* RELU */
    {20, lnti_tflite_activation, "-1", 1, 1, 1, 0},                   /* RELU_N1_TO_1 */
    {21, lnti_tflite_activation, "6", 1, 1, 1, 0},                    /* RELU6 */
    {22, lnti_tflite_reshape, "Reshape", 1, 2, 1, 0},                 /* RESHAPE */
    {23, lnti_tflite_resize, "Resize", 2, 2, 1, 0},                   /* RESIZE_BILINEAR */
    {25, lnti_tflite_softmax, "Softmax", 1, 1, 1, 0},                 /* SOFTMAX */
    {26, lnti_tflite_blocks, "SpaceToDepth", 1, 1, 1, 0},             /* SPACE_TO_DEPTH */
    {28, lnti_tflite_unary, "Tanh", 1, 1, 1, 0},                      /* TANH */
    {34, lnti_tflite_pad, "Pad", 2, 2, 1, 0},                         /* PAD */
    {36, lnti_tflite_gather, "Gather", 2, 2, 1, 0},                   /* GATHER */
    {39, lnti_tflite_transpose, "Transpose", 2, 2, 1, 0},             /* TRANSPOSE */
    {40, lnti_tflite_reduce, "ReduceMean", 2, 2, 1, 0},               /* MEAN */
    {41, lnti_tflite_elementwise, "Sub", 2, 2, 1, 1},                 /* SUB */
    {42, lnti_tflite_elementwise, "Div", 2, 2, 1, 1},                 /* DIV */
    {43, lnti_tflite_reshape, "Reshape", 1, 1, 1, 0},                 /* SQUEEZE */
    {45, lnti_tflite_strided_slice, "Slice", 4, 4, 1, 0},             /* STRIDED_SLICE */
    {47, lnti_tflite_unary, "Exp", 1, 1, 1, 0},                       /* EXP */
    {49, lnti_tflite_split, "Split", 2, 2, LNTI_TFLITE_MANY, 0},      /* SPLIT */
    {50, lnti_tflite_softmax, "LogSoftmax", 1, 1, 1, 0},              /* LOG_SOFTMAX */
    {53, lnti_tflite_cast, "Cast", 1, 1, 1, 0},                       /* CAST */
    {54, lnti_tflite_elementwise, "PRelu", 2, 2, 1, 0},               /* PRELU */
    {55, lnti_tflite_elementwise, "Max", 2, 2, 1, 0},                 /* MAXIMUM */
    {56, lnti_tflite_arg, "ArgMax", 2, 2, 1, 0},                      /* ARG_MAX */
    {57, lnti_tflite_elementwise, "Min", 2, 2, 1, 0},                 /* MINIMUM */
    {58, lnti_tflite_elementwise, "Less", 2, 2, 1, 0},                /* LESS */
    {59, lnti_tflite_unary, "Neg", 1, 1, 1, 0},                       /* NEG */
    {60, lnti_tflite_pad, "Pad", 3, 3, 1, 0},                         /* PADV2 */
    {61, lnti_tflite_elementwise, "Greater", 2, 2, 1, 0},             /* GREATER */
    {62, lnti_tflite_elementwise, "GreaterOrEqual", 2, 2, 1, 0},      /* GREATER_EQUAL */
    {63, lnti_tflite_elementwise, "LessOrEqual", 2, 2, 1, 0},         /* LESS_EQUAL */
    {64, lnti_tflite_elementwise, "Where", 3, 3, 1, 0},               /* SELECT */
    {65, lnti_tflite_slice, "Slice", 3, 3, 1, 0},                     /* SLICE */
    {66, lnti_tflite_unary, "Sin", 1, 1, 1, 0},                       /* SIN */
    {69, lnti_tflite_expand, "Tile", 2, 2, 1, 0},                     /* TILE */
    {70, lnti_tflite_reshape, "Reshape", 2, 2, 1, 0},                 /* EXPAND_DIMS */
    {71, lnti_tflite_elementwise, "Equal", 2, 2, 1, 0},               /* EQUAL */
    {72, lnti_tflite_composed, NULL, 2, 2, 1, 0},                     /* NOT_EQUAL */
    {73, lnti_tflite_unary, "Log", 1, 1, 1, 0},                       /* LOG */
    {74, lnti_tflite_reduce, "ReduceSum", 2, 2, 1, 0},                /* SUM */
    {75, lnti_tflite_unary, "Sqrt", 1, 1, 1, 0},                      /* SQRT */
    {76, lnti_tflite_composed, NULL, 1, 1, 1, 0},                     /* RSQRT */
    {77, lnti_tflite_shape, "Shape", 1, 1, 1, 0},                     /* SHAPE */
    {78, lnti_tflite_elementwise, "Pow", 2, 2, 1, 0},                 /* POW */
    {79, lnti_tflite_arg, "ArgMin", 2, 2, 1, 0},                      /* ARG_MIN */
    {81, lnti_tflite_reduce, "ReduceProd", 2, 2, 1, 0},               /* REDUCE_PROD */
    {82, lnti_tflite_reduce, "ReduceMax", 2, 2, 1, 0},                /* REDUCE_MAX */
    {83, lnti_tflite_pack, "Concat", 1, LNTI_TFLITE_MANY, 1, 0},      /* PACK */
    {84, lnti_tflite_elementwise, "Or", 2, 2, 1, 0},                  /* LOGICAL_OR */
    {86, lnti_tflite_elementwise, "And", 2, 2, 1, 0},                 /* LOGICAL_AND */
    {87, lnti_tflite_unary, "Not", 1, 1, 1, 0},                       /* LOGICAL_NOT */
    {88, lnti_tflite_unpack, "Gather", 1, 1, LNTI_TFLITE_MANY, 0},    /* UNPACK */
    {89, lnti_tflite_reduce, "ReduceMin", 2, 2, 1, 0},                /* REDUCE_MIN */
    {92, lnti_tflite_composed, NULL, 1, 1, 1, 0},                     /* SQUARE */
    {94, lnti_tflite_expand, "Expand", 2, 2, 1, 0},                   /* FILL */
    {97, lnti_tflite_resize, "Resize", 2, 2, 1, 0},                   /* RESIZE_NEAREST_NEIGHBOR */
    {98, lnti_tflite_unary, "LeakyRelu", 1, 1, 1, 0},                 /* LEAKY_RELU */
    {99, lnti_tflite_composed, NULL, 2, 2, 1, 0},                     /* SQUARED_DIFFERENCE */
    {100, lnti_tflite_pad, "Pad", 2, 2, 1, 0},                        /* MIRROR_PAD */
    {101, lnti_tflite_unary, "Abs", 1, 1, 1, 0},                      /* ABS */
    {102, lnti_tflite_split, "Split", 3, 3, LNTI_TFLITE_MANY, 0},     /* SPLIT_V */
    {104, lnti_tflite_unary, "Ceil", 1, 1, 1, 0},                     /* CEIL */
    {106, lnti_tflite_elementwise, "Sum", 1, LNTI_TFLITE_MANY, 1, 0}, /* ADD_N */
    {108, lnti_tflite_unary, "Cos", 1, 1, 1, 0},                      /* COS */
    {111, lnti_tflite_unary, "Elu", 1, 1, 1, 0},                      /* ELU */
    {114, lnti_tflite_same, NULL, 1, 1, 1, 0},                        /* QUANTIZE */
    {116, lnti_tflite_unary, "Round", 1, 1, 1, 0},                    /* ROUND */
    {117, lnti_tflite_unary, "HardSwish", 1, 1, 1, 0},                /* HARD_SWISH */
    {123, lnti_tflite_elementwise, "Where", 3, 3, 1, 0},              /* SELECT_V2 */
    {126, lnti_tflite_batch_matmul, "MatMul", 2, 2, 1, 0},            /* BATCH_MATMUL */
    {130, lnti_tflite_expand, "Expand", 2, 2, 1, 0},                  /* BROADCAST_TO */
    {150, lnti_tflite_unary, "Gelu", 1, 1, 1, 0},                     /* GELU */
    {152, lnti_tflite_activation, "1", 1, 1, 1, 0},                   /* RELU_0_TO_1 */
    {158, lnti_tflite_unary, "Sign", 1, 1, 1, 0},                     /* SIGN */
};

const char *lnti_tflite_operator_name(unsigned code) {
  return code < sizeof names / sizeof *names ? names[code] : NULL;
}

const lnti_tflite_operator *lnti_tflite_operator_find(unsigned code) {
  for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
    if (operators[i].code == code) return &operators[i];
  }
  return NULL;
}
