# liblinnet, shared and static: every layer below the store, for programs that classify images.
