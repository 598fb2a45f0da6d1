"""Takes a chosen adapter with all that shapes its answers, leaves a version that can be trusted."""
