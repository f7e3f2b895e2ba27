@echo off
rem Opens the page of a round: the folder "round" beside this file, or the one that is dropped onto it.
rem At first start it installs into the folder "site": from "wheels" where there is such a folder, else from the network.
rem Only ASCII stands in this file, for cmd reads it in whatever code page the machine has; docs\start is UTF-8.
setlocal
chcp 65001 >nul
set "HERE=%~dp0"
set "ROUND=%HERE%round"
if not "%~1"=="" set "ROUND=%~f1"
set "PYTHONPATH=%HERE%site"
set "PYTHONUTF8=1"

set "PY="
if exist "%HERE%python\python.exe" set "PY=%HERE%python\python.exe"
if not defined PY (
  py -3 -c "import sys; sys.exit(sys.version_info < (3, 11))" >nul 2>nul && set "PY=py"
)
if not defined PY (
  python -c "import sys; sys.exit(sys.version_info < (3, 11))" >nul 2>nul && set "PY=python"
)
if not defined PY (
  type "%HERE%docs\start\no_python.txt"
  pause
  exit /b 1
)

if exist "%HERE%site\installed.txt" goto open
type "%HERE%docs\start\installing.txt"
set "PIP="
for %%W in ("%HERE%wheels\pip-*.whl") do set "PIP=%%~fW\pip"
if defined PIP (
  "%PY%" "%PIP%" install --quiet --disable-pip-version-check --no-index --find-links "%HERE%wheels" --upgrade --target "%HERE%site" "smebatch[page]"
) else (
  "%PY%" -m pip install --quiet --disable-pip-version-check --upgrade --target "%HERE%site" "%HERE%.[page]"
)
if errorlevel 1 (
  type "%HERE%docs\start\failed.txt"
  pause
  exit /b 1
)
echo 1>"%HERE%site\installed.txt"

:open
type "%HERE%docs\start\open.txt"
if not exist "%ROUND%" mkdir "%ROUND%"
cd /d "%ROUND%"
"%PY%" -m smebatch page
if errorlevel 1 pause
