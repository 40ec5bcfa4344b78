# shellcheck shell=bash
# No server: a Python with pyarrow for stops in Python, and wheels that tests put into packages, among them one of an
# extension of the DuckDB that the engine has.

start_python() {
  local dir=$folder/python duckdb
  [ -x "$dir/ready" ] && return
  mkdir -p "$dir"
  python3 -m venv "$dir/venv" || fail "python3 could not make an environment; install its venv module"
  duckdb=$(node -p "require('$here/../../node_modules/@duckdb/node-api/package.json').version.split('-')[0]")
  say "installing pyarrow, fetching wheels of pandas and of an extension of DuckDB $duckdb"
  "$dir/venv/bin/pip" install -q --disable-pip-version-check pyarrow >>"$dir/log" 2>&1 &&
    "$dir/venv/bin/pip" download -q --disable-pip-version-check --only-binary :all: -d "$dir/wheels" 'pandas<3' >>"$dir/log" 2>&1 &&
    "$dir/venv/bin/pip" download -q --disable-pip-version-check --no-deps -d "$dir/wheels" "duckdb-extension-inet==$duckdb" >>"$dir/log" 2>&1 ||
    fail "pip could not fetch what tests of Python need; see $dir/log"
  touch "$dir/ready"
  chmod +x "$dir/ready"
}

env_python() {
  echo "export SLUICE_TEST_PYTHON=$folder/python/venv/bin/python"
  echo "export SLUICE_TEST_WHEELS=$folder/python/wheels"
}
