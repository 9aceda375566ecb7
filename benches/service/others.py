"""What other systems bear on this machine, each doing the nearest thing to `tune serve`: Optuna on SQLite, MLflow's server. What is not installed is left out."""

import os
import socket
import subprocess
import sys
import tempfile
import threading
import time

SECONDS = 10


def line(what, figures):
    print(f"  {what:<52} {figures}", flush=True)


def optuna():
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    for clients in (1, 16):
        with tempfile.TemporaryDirectory() as folder:
            storage = f"sqlite:///{folder}/optuna.db"
            optuna.create_study(study_name="pairs", storage=storage, direction="minimize")
            pairs, errors = [0] * clients, [0] * clients
            end = time.monotonic() + SECONDS

            def client(index):
                sampler = optuna.samplers.RandomSampler()
                study = optuna.load_study(study_name="pairs", storage=storage, sampler=sampler)
                while time.monotonic() < end:
                    try:
                        trial = study.ask()
                        trial.suggest_float("x", 0, 1)
                        trial.suggest_int("y", 1, 100)
                        study.tell(trial, 0.25)
                        pairs[index] += 1
                    except Exception:
                        errors[index] += 1

            start = time.monotonic()
            threads = [threading.Thread(target=client, args=(index,)) for index in range(clients)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            rate = sum(pairs) / (time.monotonic() - start)
            line(f"Optuna {optuna.__version__}, SQLite: ask and tell, clients: {clients}", f"{rate:.0f}/s pairs, errors: {sum(errors)}")


def mlflow():
    import mlflow

    with tempfile.TemporaryDirectory() as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
        command += ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--artifacts-destination", folder]
        log = open(os.path.join(folder, "log"), "w")
        server = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        try:
            wait_for(port, server)
            os.environ["MLFLOW_TRACKING_URI"] = f"http://127.0.0.1:{port}"
            client = mlflow.MlflowClient(f"http://127.0.0.1:{port}")
            run = client.create_run("0").info.run_id
            count, start = 0, time.monotonic()
            while time.monotonic() - start < SECONDS:
                client.log_metric(run, "loss", 0.25, step=count)
                count += 1
            rate = count / (time.monotonic() - start)
            line(f"MLflow {mlflow.__version__}, SQLite: reports of 1 point, clients: 1", f"{rate:.0f}/s reports")
        finally:
            os.killpg(server.pid, 15)
            server.wait()


def wait_for(port, server):
    while server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("the server did not start")


for measure in (optuna, mlflow):
    try:
        measure()
    except ImportError as error:
        line(measure.__name__, f"not installed ({error.name})")
