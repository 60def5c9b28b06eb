#!/usr/bin/env bash
# Replays captured envelopes through the inbound graph at full speed and checks what becomes of each.
# All arguments go to the program: --help lists them. Exit code: 0 as expected, 1 not so, 2 bad input or options.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

require_dotnet
require_sodium
build samples/replay/Replay.csproj
exec dotnet "$root/samples/replay/bin/Release/net10.0/Replay.dll" "$@"
