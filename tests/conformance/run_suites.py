"""Runs scim2-tester and scim-sanity against a running server.

    run_suites.py --base-url http://127.0.0.1:PORT/scim/v2 --token-file FILE

A failing check that exceptions.toml does not list fails the run, and so does an exception that did not occur.
"""

import argparse
import pathlib
import re
import subprocess
import sys
import tomllib

HERE = pathlib.Path(__file__).parent


def scim2_tester(base_url, token):
    """Yields (check, passed, reason)."""
    from httpx2 import Client
    from scim2_client.engines.httpx2 import SyncSCIMClient
    from scim2_tester import Status, check_server

    http = Client(base_url=base_url, headers={"Authorization": f"Bearer {token}"}, timeout=30)
    for result in check_server(SyncSCIMClient(http)):
        if result.status in (Status.SKIPPED,):
            continue
        kind = getattr(result, "resource_type", None) or "-"
        urn = result.data.get("urn") if isinstance(result.data, dict) else None
        check = f"{kind} {result.title}" + (f" '{urn}'" if urn else "")
        passed = result.status in (Status.SUCCESS, Status.COMPLIANT if hasattr(Status, "COMPLIANT") else Status.SUCCESS)
        yield check, passed, str(result.reason)


def scim_sanity(base_url, token):
    """Yields (check, passed, reason)."""
    program = pathlib.Path(sys.executable).parent / "scim-sanity"
    command = [program, "probe", base_url, "--token", token, "--i-accept-side-effects"]
    output = subprocess.run(command, capture_output=True, text=True, timeout=120).stdout
    lines = re.findall(r"\[(PASS|FAIL|WARN|ERROR)\] (.+)\n(?: {9}(.+))?", output)
    if not lines:
        yield "the suite ran", False, output[-500:]
    for verdict, check, reason in lines:
        yield check.strip(), verdict == "PASS", reason


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--base-url", required=True)
    arguments.add_argument("--token-file", required=True, type=pathlib.Path)
    given = arguments.parse_args()
    token = given.token_file.read_text().strip()
    listed = tomllib.loads((HERE / "exceptions.toml").read_text())["exception"]
    expected = {(entry["suite"], entry["check"]): entry for entry in listed}
    passed, failed, occurred = 0, 0, set()
    for suite, run in (("scim2-tester", scim2_tester), ("scim-sanity", scim_sanity)):
        for check, good, reason in run(given.base_url, token):
            if good:
                passed += 1
            elif (suite, check) in expected:
                occurred.add((suite, check))
                print(f"excepted: {suite}: {check} ({expected[suite, check]['section']})")
            else:
                failed += 1
                print(f"FAILED: {suite}: {check}: {reason[:400]}")
    for suite, check in expected.keys() - occurred:
        failed += 1
        print(f"FAILED: the exception no longer occurs, take it out: {suite}: {check}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or passed < 100 else 0


if __name__ == "__main__":
    sys.exit(main())
