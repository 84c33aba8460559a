"""Every format that keeps a clock → the Python code that it starts."""

from __future__ import annotations

import pytest

from llmlint.schedules.find import find_starts
from llmlint.schedules.records import Start

CRON_JOB = """\
apiVersion: batch/v1
kind: CronJob
spec:
  schedule: "0 3 * * *"
  jobTemplate:
    spec:
      template:
        spec:
          containers:
            - name: a
              image: app:1
              COMMAND
"""
RUN = "jobs/nightly.py"
CODE = {RUN: "", "app/main.py": "", "src/pkg/cli.py": "", "shop/management/commands/enrich.py": "", "manage.py": "",
        "app/web.py": "def make():\n    @app.post('/tasks/nightly')\n    def nightly():\n        pass\n"}


def k8s(command: str) -> dict[str, str]:
    return {"k8s/cron.yaml": CRON_JOB.replace("COMMAND", command)}


def workflow(run: str, more: str = "") -> dict[str, str]:
    return {".github/workflows/n.yml": f"on:\n  push:\n  schedule:\n    - cron: '0 3 * * *'\njobs:\n  a:\n    steps:\n      - run: {run}\n{more}"}


CASES: list[tuple[str, dict[str, str], tuple[str, str, str, str, str] | None]] = [
    ("Kubernetes", k8s('command: ["python", "-m", "jobs.nightly"]'),
     ("kubernetes-cronjob", "k8s/cron.yaml:4", "0 3 * * *", RUN, "")),
    ("Kubernetes, a container's own folder", k8s('command: ["python"]\n              args: ["/opt/app/jobs/nightly.py", "--all"]'),
     ("kubernetes-cronjob", "k8s/cron.yaml:4", "0 3 * * *", RUN, "")),
    ("Kubernetes, the image's command", {**k8s("env: []"), "Dockerfile": 'FROM x\nENTRYPOINT ["python"]\nCMD ["-m", "jobs.nightly"]\n'},
     ("kubernetes-cronjob", "k8s/cron.yaml:4", "0 3 * * *", RUN, "")),
    ("Kubernetes, of two images nobody knows which",
     {**k8s("env: []"), "Dockerfile": "CMD python -m jobs.nightly", "b/Dockerfile": "CMD python x.py"}, None),
    ("Helm", {"chart/templates/cron.yaml": "{{- if .Values.on }}\n" + CRON_JOB.replace("COMMAND", 'command: ["python", "jobs/nightly.py"]')
              .replace('"0 3 * * *"', "{{ .Values.schedule | quote }}") + "{{- end }}\n"},
     ("kubernetes-cronjob", "chart/templates/cron.yaml:5", "", RUN, "")),
    ("a Deployment has no clock", {"k8s/a.yaml": CRON_JOB.replace("CronJob", "Deployment").replace("COMMAND", 'command: ["python", "jobs/nightly.py"]')}, None),
    ("GitHub Actions", workflow("python jobs/nightly.py"),
     ("github-actions", ".github/workflows/n.yml:4", "0 3 * * *", RUN, "")),
    ("GitHub Actions, through make",
     {**workflow("make enrich"), "Makefile": "enrich: deps\n\t@poetry run python -m jobs.nightly\ndeps:\n\tpip install x\n"},
     ("github-actions", ".github/workflows/n.yml:4", "0 3 * * *", RUN, "")),
    ("GitHub Actions, through a script",
     {**workflow("bash bin/go.sh"), "bin/go.sh": "set -e\ncd jobs && exec python nightly.py\n"},
     ("github-actions", ".github/workflows/n.yml:4", "0 3 * * *", RUN, "")),
    ("GitHub Actions, in a folder", workflow("python nightly.py\n        working-directory: jobs"),
     ("github-actions", ".github/workflows/n.yml:4", "0 3 * * *", RUN, "")),
    ("GitHub Actions, a console script",
     {**workflow("uv run enrich --all"), "pyproject.toml": "[project.scripts]\nenrich = 'pkg.cli:main'\n"},
     ("github-actions", ".github/workflows/n.yml:4", "0 3 * * *", "src/pkg/cli.py", "main")),
    ("no clock", {".github/workflows/n.yml": "on: [push]\njobs:\n  a:\n    steps:\n      - run: python jobs/nightly.py\n# schedule\n"}, None),
    ("GitLab", {".gitlab-ci.yml": "night:\n  only: [schedules]\n  script:\n    - pip install .\n    - python jobs/nightly.py\n"},
     ("gitlab-schedule", ".gitlab-ci.yml:2", "", RUN, "")),
    ("GitLab by rules", {".gitlab-ci.yml": "night:\n  rules:\n    - if: $CI_PIPELINE_SOURCE == 'schedule'\n  script: python jobs/nightly.py\n"},
     ("gitlab-schedule", ".gitlab-ci.yml:2", "", RUN, "")),
    ("crontab", {"deploy/crontab": "# m h\nMAILTO=x\n*/5 * * * * cd /srv/app && /usr/bin/python3 -u jobs/nightly.py >> /var/log/x 2>&1\n"},
     ("cron", "deploy/crontab:3", "*/5 * * * *", RUN, "")),
    ("cron.d", {"etc/cron.d/app": "@daily root python -m jobs.nightly\n"}, ("cron", "etc/cron.d/app:1", "@daily", RUN, "")),
    ("systemd", {"a/x.timer": "[Timer]\nOnCalendar=daily\n", "a/x.service": "[Service]\nExecStart=/usr/bin/python3 /srv/jobs/nightly.py\n"},
     ("systemd-timer", "a/x.timer:2", "daily", RUN, "")),
    ("serverless", {"serverless.yml": "functions:\n  a:\n    handler: app/main.handler\n    events:\n      - schedule: rate(1 hour)\n"},
     ("aws-eventbridge", "serverless.yml:5", "rate(1 hour)", "app/main.py", "handler")),
    ("SAM", {"template.yaml": "Resources:\n  F:\n    Properties:\n      CodeUri: app/\n      Handler: main.handler\n      Events:\n"
             "        E:\n          Type: Schedule\n          Properties:\n            Schedule: rate(1 day)\n"},
     ("aws-eventbridge", "template.yaml:10", "rate(1 day)", "app/main.py", "handler")),
    ("Terraform", {"infra/a.tf": 'resource "aws_cloudwatch_event_rule" "n" {\n  schedule_expression = "rate(1 day)"\n}\n'
                   'resource "aws_cloudwatch_event_target" "t" {\n  rule = aws_cloudwatch_event_rule.n.name\n  arn = aws_lambda_function.f.arn\n}\n',
                   "infra/b.tf": 'resource "aws_lambda_function" "f" {\n  handler = "app.main.handler"\n}\n'},
     ("aws-eventbridge", "infra/a.tf:2", "rate(1 day)", "app/main.py", "handler")),
    ("Terraform, a rule behind another resource", {
        "a.tf": 'resource "aws_lambda_function" "f" {\n  handler = "app.main.handler"\n}\n\n\n'
                'resource "aws_scheduler_schedule" "n" {\n  schedule_expression = "rate(1 day)"\n  target { arn = aws_lambda_function.f.arn }\n}\n'},
     ("aws-eventbridge", "a.tf:7", "rate(1 day)", "app/main.py", "handler")),
    ("Terraform, a topic between the clock and the function", {
        "a.tf": 'resource "google_cloud_scheduler_job" "n" {\n  schedule = "0 3 * * *"\n  pubsub_target {\n    topic_name = google_pubsub_topic.t.id\n  }\n}\n'
                'resource "google_cloudfunctions2_function" "f" {\n  build_config {\n    entry_point = "handler"\n  }\n  event_trigger {\n'
                '    pubsub_topic = google_pubsub_topic.t.id\n  }\n}\n'},
     ("google-cloud-scheduler", "a.tf:2", "0 3 * * *", "app/main.py", "handler")),
    ("Terraform, a route", {
        "a.tf": 'resource "google_cloud_scheduler_job" "n" {\n  schedule = "0 3 * * *"\n  http_target {\n'
                '    uri = "${google_cloud_run_service.a.status[0].url}/tasks/nightly"\n  }\n}\n'},
     ("google-cloud-scheduler", "a.tf:2", "0 3 * * *", "app/web.py", "make.nightly")),
    ("GitHub Actions, a route", workflow("curl -X POST -H a:b/c https://app.example.com/api/tasks/nightly?x=1"),
     ("github-actions", ".github/workflows/n.yml:4", "0 3 * * *", "app/web.py", "make.nightly")),
    ("GitHub Actions, somebody else's route", workflow("curl https://api.example.com/tasks/nightly"), None),
    ("App Engine", {"cron.yaml": "cron:\n- description: a\n  url: /tasks/nightly\n  schedule: every 24 hours\n"},
     ("app-engine-cron", "cron.yaml:4", "every 24 hours", "app/web.py", "make.nightly")),
    ("Vercel, a route", {"vercel.json": '{"crons": [{"path": "/tasks/nightly", "schedule": "0 5 * * *"}]}'},
     ("vercel-cron", "vercel.json:1", "0 5 * * *", "app/web.py", "make.nightly")),
    ("Ofelia", {"docker-compose.yml": "services:\n  a:\n    labels:\n      ofelia.job-exec.n.schedule: '@daily'\n      ofelia.job-exec.n.command: python jobs/nightly.py\n"},
     ("ofelia", "docker-compose.yml:4", "@daily", RUN, "")),
    ("Render", {"render.yaml": "services:\n  - type: cron\n    schedule: '0 1 * * *'\n    startCommand: python -m jobs.nightly\n"},
     ("render-cron", "render.yaml:3", "0 1 * * *", RUN, "")),
    ("Azure", {"app/function.json": '{"scriptFile": "main.py", "bindings": [\n{"type": "timerTrigger", "schedule": "0 0 * * * *"}]}'},
     ("azure-timer", "app/function.json:2", "0 0 * * * *", "app/main.py", "main")),
    ("Vercel", {"vercel.json": '{"crons": [{"path": "/app/main", "schedule": "0 5 * * *"}]}'},
     ("vercel-cron", "vercel.json:1", "0 5 * * *", "app/main.py", "")),
    ("CircleCI", {".circleci/config.yml": "workflows:\n  n:\n    triggers:\n      - schedule:\n          cron: '0 0 * * *'\n    jobs: [a]\n"
                  "jobs:\n  a:\n    steps:\n      - checkout\n      - run: python jobs/nightly.py\n"},
     ("circleci", ".circleci/config.yml:5", "0 0 * * *", RUN, "")),
    ("Azure Pipelines", {"azure-pipelines.yml": "schedules:\n  - cron: '0 0 * * *'\nsteps:\n  - script: python jobs/nightly.py\n"},
     ("azure-pipelines", "azure-pipelines.yml:2", "0 0 * * *", RUN, "")),
    ("Django", {"crontab": "0 1 * * * python manage.py enrich\n"},
     ("cron", "crontab:1", "0 1 * * *", "shop/management/commands/enrich.py", "Command.handle")),
    ("values of a chart", {"chart/values.yaml": "jobs:\n  night:\n    schedule: '0 2 * * *'\n    command: ['python', 'jobs/nightly.py']\n"},
     ("cron", "chart/values.yaml:3", "0 2 * * *", RUN, "")),
    ("an anchor", {"k8s/cron.yaml": "x: &c [python, jobs/nightly.py]\nkind: CronJob\nspec:\n  schedule: '@daily'\n  image: a\n  command: *c\n"},
     ("kubernetes-cronjob", "k8s/cron.yaml:4", "@daily", RUN, "")),
    ("a program that says its version",
     {**workflow("enrich --version"), "pyproject.toml": "[project.scripts]\nenrich = 'pkg.cli:main'\n"}, None),
    ("Terraform of something else", {"a.tf": 'variable "schedule" {}\n'}, None),
    ("an unknown program", k8s('command: ["/bin/enrich"]'), None),
    ("broken YAML", {"k8s/cron.yaml": "kind: CronJob\n  spec: [\n"}, None),
    ("YAML bomb", {"k8s/cron.yaml": "a: &a [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1 if i else ''}, *a{i - 1 if i else ''}]\n" for i in range(40))
                   + "kind: CronJob\nspec: *a39\n"}, None),
    ("deep YAML", {"k8s/cron.yaml": "kind: CronJob\nspec: " + "[" * 100_000}, None),
    ("a script that calls itself", {**workflow("bash a.sh"), "a.sh": "bash a.sh\nbash a.sh\n"}, None),
    ("a way out of the project", workflow("python ../../etc/x.py"), None),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_found(files: dict[str, str], expected: tuple[str, str, str, str, str] | None) -> None:
    everything = {**CODE, **files}
    starts = find_starts(sorted(files), sorted(CODE), everything.get)
    assert starts == ((Start(*expected),) if expected else ())


def test_two_files_that_may_be_meant_are_neither() -> None:
    files = {"crontab": "0 1 * * * python /srv/run.py\n"}
    assert find_starts(sorted(files), ["a/run.py", "b/run.py"], files.get) == ()
