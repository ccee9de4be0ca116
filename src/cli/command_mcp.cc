#include <fcntl.h>
#include <unistd.h>

#include <memory>

#include "base/log.h"
#include "base/try.h"
#include "cli/command.h"
#include "cli/signals.h"
#include "cli/target.h"
#include "cli/update_options.h"
#include "serve/mcp/session.h"
#include "serve/mcp/stdio.h"
#include "serve/tree_service.h"

namespace squire::cli {
namespace {

constexpr char kExamples[] =
    "Examples:\n"
    "  squire mcp                      serve this tree on stdin and stdout\n"
    "  squire mcp ~/src/project        as an agent's configuration would have it\n";

constexpr double kAnswersSeconds = 0.4;  // for open requests, after the client has closed its end
constexpr double kStopSeconds = 0.4;     // for a run to stop between two batches of the model

/// The descriptor of the real stdout. Descriptor 1 becomes stderr, so that nothing but messages can reach the client.
Result<int> TakeStdout() {
  const int fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  if (fd < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0) return FromErrno(errno, "cannot keep stdout for the client");
  return fd;
}

void WaitForAnswers(const serve::mcp::Session& session) {
  for (int i = 0; i < 40 && session.open() > 0; i++) usleep(static_cast<useconds_t>(kAnswersSeconds / 40 * 1e6));
}

Result<ExitCode> Run(Context& context, const UpdateArguments& arguments) {
  const sync::Location location = TRY(LocateTree(context.globals, arguments.tree));
  serve::KeeperOptions options;
  options.update = TRY(ToUpdateOptions(arguments));
  serve::mcp::LineWriter writer(TRY(TakeStdout()));
  const StopSignals signals([] { Log(LogLevel::kInfo, "stopping; what was embedded is kept"); });
  // The session outlives the service, whose threads answer its calls.
  std::unique_ptr<serve::mcp::Session> session;
  serve::TreeService service(location, std::move(options));
  session = std::make_unique<serve::mcp::Session>(serve::mcp::ToolsOf(service),
                                                  [&writer](std::string_view message) { writer.Write(message); });
  const auto read =
      serve::mcp::ReadLines(STDIN_FILENO, signals.token(), [&](std::string_view line) { session->Receive(line); });
  service.Stop();
  WaitForAnswers(*session);
  // A client waits for the end of its server. The model cannot be interrupted within a batch; all that is on disk is
  // whole at any moment, so the process may end under it.
  if (!service.WaitStopped(kStopSeconds) || session->open() > 0) _exit(kOk);
  if (!read) return read.error();
  return kOk;
}

}  // namespace

void AddMcpCommand(CLI::App& app, Context& context) {
  auto arguments = std::make_shared<UpdateArguments>();
  CLI::App* command =
      AddCommand(app, context, "mcp", "Serve a tree to an agent, by the Model Context Protocol on stdio", kExamples,
                 [arguments](Context& c) { return Run(c, *arguments); });
  AddUpdateOptions(*command, *arguments);
}

}  // namespace squire::cli
