"""Fetching files: download, verify, cache, unpack; nothing half-written is ever left in place.

`http`, `tarfile` and `zipfile` are imported where they are used: `import keraslite` stays fast.
"""

import hashlib
import os
import shutil
import urllib.parse
from pathlib import Path

from keraslite import config
from keraslite.core.naming import find

_TIMEOUT = 30  # seconds without an answer
_CHUNK = 1 << 20


def has_digest(path, digest, algorithm="auto"):
    """True if the file's SHA-256 or MD5 (told by its length with "auto") is the hex `digest`."""
    with open(path, "rb") as file:
        found = hashlib.file_digest(file, _algorithm(digest, algorithm)).hexdigest()
    return found == digest.lower()


def _algorithm(digest, algorithm):
    known = {"auto": "sha256" if len(digest) == 64 else "md5", "sha256": "sha256", "md5": "md5"}
    return find(algorithm, known, "hash algorithm")


def download(url, target, digest=None, algorithm="auto"):
    """Fetch a URL into the file `target`, verified before it gets that name.

    Raises:
        ConnectionError: the URL cannot be read, or ends early.
        ValueError: the content has another digest than expected.
    """
    from keraslite.saving.atomic import atomic_path

    target = Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(target) as temporary:
        _fetch(url, temporary, target.name)
        if digest is not None and not has_digest(temporary, digest, algorithm):
            raise ValueError(
                f"The file at {url} is not the expected one: its {_algorithm(digest, algorithm)}"
                f" digest is not {digest}. It was not kept. Try again later; if it fails again,"
                " the file was changed at its origin."
            )


def _fetch(url, path, name):
    import http.client
    import urllib.request

    from rich.progress import DownloadColumn, Progress

    try:
        with (
            urllib.request.urlopen(url, timeout=_TIMEOUT) as response,
            open(path, "wb") as file,
            Progress(*Progress.get_default_columns(), DownloadColumn()) as progress,
        ):
            length = response.headers.get("Content-Length")
            length = None if length is None else int(length)
            task = progress.add_task(f"Downloading {name}", total=length)
            while chunk := response.read(_CHUNK):
                file.write(chunk)
                progress.advance(task, len(chunk))
            if length is not None and file.tell() != length:
                raise ConnectionError(f"it ended after {file.tell()} of {length} bytes")
    except (OSError, http.client.HTTPException) as error:
        raise ConnectionError(f"Cannot download {url}: {error}") from error


def extract_archive(path, target, archive_format="auto"):
    """Unpack a tar (also .gz, .bz2, .xz) or zip file into the folder `target`, all or nothing.

    Only folders and regular files are made, and only inside `target`.

    Args:
        archive_format: "tar", "zip", a list of these, or "auto" for either.

    Raises:
        ValueError: not such an archive, or a member that is a link, a device, or whose name
            points outside.
    """
    import gzip
    import tarfile
    import zipfile
    import zlib

    known = {
        "tar": (tarfile.is_tarfile, _tar_members),
        "zip": (zipfile.is_zipfile, _zip_members),
    }
    path, target = Path(path), Path(target)
    formats = list(known) if archive_format == "auto" else archive_format or []
    formats = [formats] if isinstance(formats, str) else formats
    readers = [find(name, known, "archive format") for name in formats]
    damage = (tarfile.TarError, zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError)
    unpacked = target.with_name(f".{target.name}.{os.urandom(8).hex()}")
    try:
        members = next((members for is_kind, members in readers if is_kind(path)), None)
        if members is None:
            raise ValueError(f"{path} is not an archive of format {archive_format!r}.")
        unpacked.mkdir(parents=True)
        _unpack(members(path), path, unpacked.resolve())
        if target.exists():
            shutil.copytree(unpacked, target, dirs_exist_ok=True)
        else:
            unpacked.rename(target)
    except damage as error:
        raise ValueError(f"The archive {path} is damaged: {error}") from error
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)


def _unpack(members, archive, folder):
    free = shutil.disk_usage(folder).free
    for name, size, open_member in members:
        path = (folder / name).resolve()
        if not path.is_relative_to(folder):
            raise ValueError(f"Refusing {archive}: its member {name!r} would be written outside.")
        if open_member is None:
            path.mkdir(parents=True, exist_ok=True)
            continue
        free -= size
        if free < 0:
            raise ValueError(f"Refusing {archive}: unpacked, it is larger than the free disk.")
        path.parent.mkdir(parents=True, exist_ok=True)
        with open_member() as source, open(path, "wb") as copy:
            shutil.copyfileobj(source, copy)


def _tar_members(path):
    """(name, size, function that opens it, None for a folder) of each member."""
    import tarfile

    with tarfile.open(path) as archive:
        for member in archive:
            if not (member.isfile() or member.isdir()):
                raise ValueError(
                    f"Refusing {path}: its member {member.name!r} is a link or a device."
                )
            opener = None if member.isdir() else lambda: archive.extractfile(member)
            yield member.name, member.size, opener


def _zip_members(path):
    import zipfile

    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            opener = None if member.is_dir() else lambda: archive.open(member)
            yield member.filename, member.file_size, opener


def get_file(
    fname=None, origin=None, untar=False, md5_hash=None, file_hash=None, cache_subdir="datasets",
    hash_algorithm="auto", extract=False, archive_format="auto", cache_dir=None,
    force_download=False,
):  # fmt: skip
    """Path of a file that is downloaded unless the cache has it.

    Args:
        fname: name in the cache; default: the last part of the URL.
        origin: the URL.
        untar: the same as `extract=True, archive_format="tar"`.
        md5_hash: the same as `file_hash` with `hash_algorithm="md5"`.
        file_hash: SHA-256 or MD5 of the file, as hex digits. A cached file with another digest is
            fetched again; a fetched one is refused.
        cache_subdir: folder in `cache_dir`, or an absolute path.
        hash_algorithm: "sha256", "md5", or "auto" to tell by the length.
        extract: unpack the file, and return the folder.
        archive_format: "tar", "zip", or "auto" for either.
        cache_dir: default: `$KERASLITE_HOME`, else `~/.keraslite`.
        force_download: fetch it even if the cache has it.

    Returns:
        The path, a string: `cache_dir/cache_subdir/fname`. With `extract`, that of the folder:
        `name_extracted` for an fname `name.tar.gz`, `fname` itself if it has no suffix, and the
        last part of the URL without an fname.

    Raises:
        ValueError: no origin, no file name, a path as fname, a digest that does not match, or an
            archive that is damaged or would write outside its folder.
        ConnectionError: the download failed.
    """
    if origin is None:
        raise ValueError("get_file needs `origin`, the URL of the file.")
    if md5_hash is not None and file_hash is None:
        file_hash, hash_algorithm = md5_hash, "md5"
    name = os.fspath(fname) if fname else Path(urllib.parse.urlsplit(origin).path).name
    if not name:
        raise ValueError(f"The URL {origin!r} ends without a file name: pass `fname`.")
    if os.path.basename(name) != name:
        raise ValueError(
            f"`fname` is a file name, found the path {name!r}."
            " Choose the folder with `cache_dir` and `cache_subdir`."
        )
    folder = Path(cache_dir or config.home()).expanduser() / cache_subdir
    unpack = extract or untar
    target = unpacked = folder / name
    if unpack and fname and "." in name:
        unpacked = folder / f"{name.partition('.')[0]}_extracted"
    elif unpack:
        target = folder / f"{name}_archive"
    fresh = force_download or not target.is_file()
    if fresh or (file_hash and not has_digest(target, file_hash, hash_algorithm)):
        download(origin, target, file_hash, hash_algorithm)
        fresh = True
    if unpack and (fresh or not unpacked.exists()):
        extract_archive(target, unpacked, "tar" if untar else archive_format)
    return str(unpacked if unpack else target)
