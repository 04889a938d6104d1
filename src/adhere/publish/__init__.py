"""What people read: pages and reports. Each is one file that asks nothing of the network."""

from adhere.publish.diff_page import render_diff
from adhere.publish.report_page import render_report
from adhere.publish.templating import environment

__all__ = ["environment", "render_diff", "render_report"]
