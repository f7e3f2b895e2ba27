#!/bin/sh
# Opens the page of a round: start.sh [FOLDER [OPTIONS OF smebatch page]], the folder "round" beside this file unless
# another is named. At first start it makes an environment in .page: from the folder wheels where there is one, else
# from the network.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-$here/round}
[ $# -eq 0 ] || shift
environment=$here/.page
python=${PYTHON:-python3}

if ! cmp -s "$here/pyproject.toml" "$environment/made-for.toml"; then
  if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "没有找到 Python 3.11 或更新的版本。 / Python 3.11 or newer was not found: set PYTHON to its path." >&2
    exit 1
  fi
  echo "第一次打开，正在准备，需要一两分钟。 / Getting ready for the first time; this takes a minute or two." >&2
  "$python" -m venv --clear "$environment"
  if [ -d "$here/wheels" ]; then
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check \
      --no-index --find-links "$here/wheels" "smebatch[page]"
  else
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check "$here[page]"
  fi
  cp "$here/pyproject.toml" "$environment/made-for.toml"
fi

mkdir -p "$folder"
cd "$folder"
PYTHONPATH=$here exec "$environment/bin/python" -m smebatch page "$@"
