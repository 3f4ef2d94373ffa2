"""Airflow's dynamic task mapping: one DAG run of mapped tasks that do nothing. Prints one line of JSON: {"tasks", "seconds"}.

The job, a line of JSON on stdin, is {"tasks": 200, "database": "postgres://…", "home": "/folder"}. Scheduler, DAG processor and API server run in
processes of their own, as they do in production; LocalExecutor with its default 32 tasks at once; nothing else is configured
but what makes it quiet. A run of a few tasks goes before the one that counts, so that nothing has to be loaded in it.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

DAG = '''
from airflow.sdk import dag, task

@dag(dag_id="mapped", schedule=None, catchup=False, max_active_tasks=32)
def mapped():
    @task
    def numbers(**context):
        return list(range(int(context["dag_run"].conf["tasks"])))

    @task
    def noop(n):
        return None

    noop.expand(n=numbers())

mapped()
'''
WARM_TASKS = 8
READY_SEC = 180


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(job: dict, port: int) -> dict:
    home = Path(job["home"])
    (home / "dags").mkdir(parents=True, exist_ok=True)
    (home / "dags" / "mapped.py").write_text(DAG)
    database = job["database"].replace("postgres://", "postgresql+psycopg2://")
    return {
        **os.environ,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "false",
        "AIRFLOW__CORE__MAX_ACTIVE_TASKS_PER_DAG": "32",
        "AIRFLOW__CORE__MAX_MAP_LENGTH": "100000",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "true",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__API_AUTH__JWT_SECRET": "not-a-secret-but-long-enough-for-a-measurement-on-one-machine",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database,
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
        "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}",
    }


class Airflow:
    def __init__(self, job: dict):
        self.home = Path(job["home"])
        self.port = free_port()
        self.env = environment(job, self.port)
        self.command("db", "migrate")
        self.processes = [
            self.start("api-server", "--port", str(self.port), "--workers", "1"),
            self.start("dag-processor"),
            self.start("scheduler"),
        ]

    def command(self, *words: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "airflow", *words], env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        if done.returncode != 0:
            raise RuntimeError(f"airflow {words[0]} {words[1]}: {done.stdout[-2000:]}")

    def start(self, *words: str) -> subprocess.Popen:
        log = open(self.home / f"{words[0]}.log", "w")
        return subprocess.Popen(
            [sys.executable, "-m", "airflow", *words], env=self.env, stdout=log, stderr=log, start_new_session=True
        )

    def query(self, text: str, *values: str) -> list:
        import psycopg2

        connection = psycopg2.connect(self.env["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].replace("+psycopg2", ""))
        try:
            with connection.cursor() as cursor:
                cursor.execute(text, values)
                return cursor.fetchall()
        finally:
            connection.close()

    def until_known(self) -> None:
        deadline = time.monotonic() + READY_SEC
        while not self.query("SELECT 1 FROM dag WHERE dag_id = 'mapped' AND NOT is_paused"):
            dead = [process.args[3] for process in self.processes if process.poll() is not None]
            if dead or time.monotonic() > deadline:
                raise RuntimeError(f"Airflow does not get ready; ended: {dead}")
            time.sleep(0.5)

    def run(self, tasks: int, run_id: str) -> None:
        """From the trigger to the end of the run, with as little polling as that takes."""
        self.command("dags", "trigger", "mapped", "--run-id", run_id, "--conf", json.dumps({"tasks": tasks}))
        while True:
            rows = self.query("SELECT state FROM dag_run WHERE run_id = %s", run_id)
            if rows and rows[0][0] == "success":
                break
            if rows and rows[0][0] == "failed":
                raise RuntimeError("The mapped run has failed")
            time.sleep(0.2)

    def seconds_of(self, run_id: str) -> float:
        """Of the mapped tasks alone: from the first that was queued to the last that ended."""
        [(seconds,)] = self.query(
            "SELECT extract(epoch FROM max(end_date) - min(queued_dttm)) FROM task_instance"
            " WHERE run_id = %s AND task_id = 'noop'",
            run_id,
        )
        return float(seconds)

    def stop(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def main() -> None:
    # Ends as any failure does, so that no process of Airflow stays behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    job = json.loads(sys.stdin.readline())
    airflow = Airflow(job)
    try:
        airflow.until_known()
        airflow.run(WARM_TASKS, "warm")
        airflow.run(job["tasks"], "measured")
        print(json.dumps({"tasks": job["tasks"], "seconds": airflow.seconds_of("measured")}), flush=True)
    finally:
        airflow.stop()


main()
