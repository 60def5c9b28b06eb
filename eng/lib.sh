# Set-up that the scripts share. Sourced, not run.

# CDPATH would send a relative path elsewhere.
unset CDPATH
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

die() {
  echo "$*" >&2
  exit 1
}

require_dotnet() {
  local sdks
  sdks=$(dotnet --list-sdks 2>/dev/null) || sdks=
  grep -q '^10\.' <<<"$sdks" || die "The .NET 10 SDK is missing: install it from https://dot.net/download."
}

# The names that the library looks for.
has_sodium() {
  case $(uname -s) in
    Darwin)
      compgen -G '/opt/homebrew/lib/libsodium.dylib' >/dev/null || compgen -G '/usr/local/lib/libsodium.dylib' >/dev/null
      ;;
    Linux)
      local known folders
      known=$(PATH=$PATH:/sbin:/usr/sbin ldconfig -p 2>/dev/null) || known=
      IFS=: read -ra folders <<<"${LD_LIBRARY_PATH:-}"
      grep -Eq '/libsodium\.so(\.23|\.26)?$' <<<"$known
$(find /lib /usr/lib /lib64 /usr/lib64 /usr/local/lib "${folders[@]}" -maxdepth 2 -name 'libsodium.so*' 2>/dev/null)"
      ;;
    *)
      command -v libsodium.dll >/dev/null
      ;;
  esac
}

# Debian's package has the number of the library's version in its name.
apt_install_sodium() {
  local as_root=() package
  if [ "$(id -u)" != 0 ]; then
    sudo -n true 2>/dev/null || return 1
    as_root=(sudo -n)
  fi
  "${as_root[@]}" apt-get update -qq >&2 || true
  for package in libsodium23 libsodium26 $(apt-cache pkgnames libsodium | grep -E '^libsodium[0-9]+$' | sort -rV); do
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" >/dev/null 2>&1 && return
  done
  return 1
}

require_sodium() {
  has_sodium && return
  case $(uname -s) in
    Darwin) die "libsodium is missing: brew install libsodium." ;;
    Linux) ;;
    *) die "libsodium is missing: README.md says how to install it on Windows." ;;
  esac
  if command -v apt-get >/dev/null; then
    echo "Installing libsodium." >&2
    apt_install_sodium && has_sodium && return
    die "libsodium is missing: apt-get install libsodium23, as root."
  fi
  die "libsodium is missing: install your distribution's package of libsodium, 1.0.18 or later."
}

# Builds a project or solution for release; says nothing unless that fails.
build() {
  local log
  if ! log=$(cd "$root" && dotnet build "$1" -c Release -v quiet --nologo 2>&1); then
    echo "$log" >&2
    die "$1 does not build."
  fi
}
