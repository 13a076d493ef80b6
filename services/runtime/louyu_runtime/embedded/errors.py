"""Why an installation on this machine cannot run, in words for the person at the keyboard.

    CannotStart
      DataFolderInUse          another `louyu up` works on this folder
      DataFolderNotWritable    the folder cannot be made or written
      TooLittleSpace           the disk is nearly full
      KeysMissing              a database without the keys that its data was written with
      DatabaseFilesUnusable    PostgreSQL's files are of another version, another account, or cannot be reached
      NotRunning               a command looked for a running installation and found none

Each is one line that says what is wrong and one that says the mend; none is a fault of the program.
"""


class CannotStart(Exception):
    """What is wrong and how to mend it, each as one sentence without a line break."""

    def __init__(self, problem: str, mend: str) -> None:
        super().__init__(f"{problem} Mend: {mend}")
        self.problem = problem
        self.mend = mend


class DataFolderInUse(CannotStart):
    """Another process holds the data folder's lock."""


class DataFolderNotWritable(CannotStart):
    """The data folder cannot be made, written or locked."""


class TooLittleSpace(CannotStart):
    """Less space is free than a start needs."""


class KeysMissing(CannotStart):
    """A key file is gone although data written with it exists."""


class DatabaseFilesUnusable(CannotStart):
    """PostgreSQL cannot work with the files it finds, or cannot be run by a fitting account."""


class NotRunning(CannotStart):
    """No installation runs on the data folder."""
