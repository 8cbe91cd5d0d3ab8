/* Where the translated engine goes when it traps; for C. */
#ifndef GATEHOUSE_ENGINE_TRAP_H_
#define GATEHOUSE_ENGINE_TRAP_H_

#ifdef __cplusplus
extern "C" {
#endif

/* Says why and ends the process. `code` is a wasm_rt_trap_t. */
__attribute__((noreturn)) void gatehouse_engine_trap(int code);

#ifdef __cplusplus
}
#endif

#endif
