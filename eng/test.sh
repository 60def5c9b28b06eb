#!/usr/bin/env bash
# Runs the tests, then those of hashing and of curve arithmetic again with fewer instruction sets. The last line is "N passed, N failed".
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
  cat <<'END'
Usage: eng/test.sh [--filter EXPRESSION] [--long]
  --filter EXPRESSION  runs only these tests, once; as in "dotnet test --filter"
  --long               the randomised tests with twenty times the seeds, and simulated networks for days of their time:
                       a week of 200 nodes, 72 hours of 20 and of 36 (ten minutes)
END
}

filter=
while [ $# -gt 0 ]; do
  case $1 in
    --filter)
      if [ -z "${2:-}" ]; then
        echo "--filter needs an expression." >&2
        exit 2
      fi
      filter=$2
      shift
      ;;
    --long) export TARI_DHT_LONG=1 ;;
    -h | --help)
      usage
      exit
      ;;
    *)
      usage >&2
      exit 2
      ;;
  esac
  shift
done

results=$root/artifacts/tests
tests=$root/Tari.Dht.Dataflow.Tests/bin/Release/net10.0/Tari.Dht.Dataflow.Tests.dll
passed=0
failed=0

fail() {
  echo "$*" >&2
  failed=$((failed + 1))
}

# One number of a results file's counters.
counter() {
  sed -n "s/.*<Counters\([^>]*\) $1=\"\([0-9]*\)\".*/\2/p" "$2"
}

# run NAME SETTING [OPTION...]: runs the tests with a setting of the runtime, which may be empty, and adds up.
run() {
  local name=$1 setting=$2 trx=$results/$1.trx code=0 bad=0 good= kind count
  shift 2
  echo "== $name${setting:+ ($setting)}"
  # From the root, whose global.json names the SDK.
  (cd "$root" && env ${setting:+"$setting"} dotnet test "$tests" --logger "trx;LogFileName=$name.trx" --results-directory "$results" "$@") || code=$?
  [ -s "$trx" ] && good=$(counter passed "$trx")
  if [ -z "$good" ]; then
    fail "$name: there are no results."
    return
  fi
  for kind in failed error timeout aborted; do
    count=$(counter $kind "$trx")
    bad=$((bad + ${count:-0}))
  done
  passed=$((passed + good))
  failed=$((failed + bad))
  if [ $((good + bad)) = 0 ]; then
    fail "$name: no test ran."
  elif [ $code != 0 ] && [ $bad = 0 ]; then
    fail "$name: the run failed, though no test did."
  fi
}

rm -rf "$results"
if (require_dotnet && require_sodium && build Tari.Dht.Dataflow.Tests/Tari.Dht.Dataflow.Tests.csproj); then
  if [ -n "$filter" ]; then
    run filtered "" --filter "$filter"
  else
    run all ""
    vectorised="Category=Hashing|FullyQualifiedName~Cryptography.Curve"
    run no-avx512 DOTNET_EnableAVX512=0 --filter "$vectorised"
    run no-avx2 DOTNET_EnableAVX2=0 --filter "$vectorised"
    run no-bmi2 DOTNET_EnableBMI2=0 --filter "$vectorised"
    run scalar DOTNET_EnableHWIntrinsic=0 --filter "$vectorised"
  fi
else
  fail "The tests were not run."
fi

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
