// The worker: the process in which code runs.
#pragma once

#include <cstdint>

namespace sandbox {

// The one argument with which a pool starts its program.
inline constexpr const char* kWorkerCommand = "run-code-worker";
// Where a worker finds its end of the socket.
inline constexpr int kWorkerSocket = 3;

// How a worker ends when it cannot say it in a frame.
enum WorkerExit : std::uint8_t { kGoodbye = 0, kBadFrame = 80, kCpuOver = 81, kTrapped = 90 };  // kTrapped plus the kind of trap

// True when this process was started as a worker.
bool is_worker(int argc, char** argv);

// Shuts this process in and runs what comes over the socket, one script after the other, each in a fresh engine, until the other side
// closes it. Gives the process's exit code.
int run_worker();

}  // namespace sandbox
