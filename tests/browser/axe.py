"""axe-core on the page that is open: what breaks WCAG 2.2 AA, or what axe-core itself holds for good practice."""

from __future__ import annotations

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Through the debugger, not through a <script>: the policy of the page rightly refuses one, and need not be loosened for a test.
_RUN = """async ([within, rules]) => {
  const told = await axe.run(within || document, { runOnly: rules, resultTypes: ["violations"] });
  return told.violations.map((one) => ({
    rule: one.id, help: one.help,
    nodes: one.nodes.map((node) => {
      const why = [...node.any, ...node.all, ...node.none].map((check) => check.message)[0] || "";
      return `${node.target.join(" ")} ${why} ${node.html.replace(/\\s+/g, " ").slice(0, 160)}`;
    }),
  }));
}"""


def axe(page: Page, within: str | None = None) -> list[str]:
    """What axe-core says of the open page, or of the part that this selector points at. A line for each rule: its name, what it
    asks, how many places break it, and the first two of them."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    told = page.evaluate(_RUN, [within, RULES])
    return [f"{rule['rule']} ({rule['help']}), {len(rule['nodes'])}×: {'; '.join(rule['nodes'][:2])}" for rule in told]
