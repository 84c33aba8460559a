"""What watches the spending: dashboards and alerts, imported usage, the quarterly review."""
