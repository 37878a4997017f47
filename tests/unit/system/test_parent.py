import subprocess
import sys

CODE = """
import atexit, os
from mandje.system.parent import end_quietly
atexit.register(os.write, 2, b"what a binding says as Python ends")
end_quietly()
os.write(2, b"what the stage says")
"""


def test_only_what_the_process_says_itself_reaches_its_errors() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert done.stderr == "what the stage says"
