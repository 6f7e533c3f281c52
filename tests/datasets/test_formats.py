"""Labelled rows of every format: the same rows, as a stream, and the place of what is wrong."""

import json
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from runner.datasets import DataError, DatasetBlock, open_dataset
from runner.datasets.checking import check
from runner.datasets.formats import all_formats

ROWS = [
    {"row": "a", "text": "Guten Tag, «Welt»", "label": "de"},
    {"row": "b", "text": 'He said "no",\nand left', "label": "en"},
    {"row": "c", "text": "Çok güzel", "label": "tr"},
]


def dataset(path: Path | None, **more):
    block = {"inputs": "text", "target": "label", "id": "row", **more}
    if path is not None:
        block["path"] = str(path)
    parsed = DatasetBlock.model_validate(block)
    return open_dataset(parsed, Path.cwd(), parsed.inputs or "file")


def read(path: Path | None, **more):
    return [(e.id, e.given, e.target) for e in dataset(path, **more).examples()]


def stream(path: Path, table: pa.Table) -> Path:
    """Write a table as Hugging Face's datasets do."""
    with pa.ipc.new_stream(path, table.schema) as writer:
        writer.write_table(table, max_chunksize=2)
    return path


def saved(folder: Path, rows=ROWS, **features) -> Path:
    """Write rows as ``Dataset.save_to_disk`` does, in two files."""
    folder.mkdir(parents=True)
    told = {b"huggingface": json.dumps({"info": {"features": features}}).encode()}
    files = []
    for number, part in enumerate((rows[:2], rows[2:])):
        table = pa.Table.from_pylist(part).replace_schema_metadata(told)
        files.append(stream(folder / f"data-{number:05}-of-00002.arrow", table).name)
    (folder / "dataset_info.json").write_text("{}")
    (folder / "state.json").write_text(
        json.dumps({"_data_files": [{"filename": f} for f in files]})
    )
    return folder


def written(path: Path, rows=ROWS) -> Path:
    import csv

    import pandas as pd

    match path.suffix:
        case ".csv" | ".tsv":
            with path.open("w", newline="", encoding="utf-8") as opened:
                separator = "," if path.suffix == ".csv" else "\t"
                writer = csv.DictWriter(opened, list(rows[0]), delimiter=separator)
                writer.writeheader()
                writer.writerows(rows)
        case ".jsonl" | ".ndjson":
            path.write_text("\n".join(map(json.dumps, rows)) + "\n\n")
        case ".json":
            path.write_text(json.dumps(rows))
        case ".parquet":
            pd.DataFrame(rows).to_parquet(path)
        case ".feather":
            pd.DataFrame(rows).to_feather(path)
        case ".arrow":
            stream(path, pa.Table.from_pylist(rows))
    return path


@pytest.mark.parametrize("suffix", [s for s in all_formats() if s.startswith(".")])
def test_every_format_gives_the_same_rows(suffix: str) -> None:
    wanted = [(row["row"], row["text"], row["label"]) for row in ROWS]
    assert read(written(Path(f"rows{suffix}"))) == wanted
    assert read(None, rows=ROWS) == wanted


def test_the_mark_that_spreadsheets_put_first_is_no_part_of_the_header() -> None:
    Path("rows.csv").write_bytes(b"\xef\xbb\xbfrow,text,label\r\n1,hello,en\r\n")
    assert read(Path("rows.csv")) == [("1", "hello", "en")]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("e.csv", b"", "e.csv is empty"),
        ("a.csv", b"row,text,label\n1,caf\xe9,fr\n", "a.csv, row 1, column text: byte 0xe9"),
        ("b.csv", b"row,text,label\n1,x,en\n2,y\n", "b.csv, row 2 has 2 cells, the header 3"),
        ("c.csv", b"row,text,label\n1,x,\n", "c.csv, row 1, column label is empty"),
        ("d.csv", b'row,text,label\n1,"x,en\n', "d.csv, line"),
        ("g.csv", b"row,text,row\n1,x,2\n", "two columns of the name row"),
        ("a.jsonl", b'{"row": 1, "text": "x", "label": "e"}\n{"row"\n', "a.jsonl, row 2 is no"),
        ("b.jsonl", b"[1]\n", "b.jsonl, row 1 is a list"),
        ("c.jsonl", b'{"row": 1, "text": "x"}\n', "c.jsonl, row 1, column label is empty"),
        ("d.jsonl", b'{"row": 1, "text": NaN, "label": "e"}\n', "NaN is not a value of JSON"),
        (
            "f.jsonl",
            b'{"row": "\\ud83d"}\n',
            "f.jsonl, row 1, column row has half",
        ),
        (
            "f.json",
            b'[{"row": ["\\ude00"]}]',
            "f.json, row 1, column row has half",
        ),
        ("f.jsonl", b'{"text": "caf\xe9"}\n', "f.jsonl, row 1: byte 0xe9 is not UTF-8"),
        ("a.json", b'{"row": 1}', "a.json holds a mapping, not a list of rows"),
        ("b.json", b'[{"row": 1}, 2]', "b.json, row 2 is the number 2"),
        (
            "h.jsonl",
            b'{"row": 1, "text": "x", "text": "y"}',
            'row 1 is no JSON: an object has "text"',
        ),
        ("h.json", b'[{"row": {"a": 1, "a": 2}}]', 'h.json is no JSON: an object has "a" twice'),
        ("a.parquet", b"PAR1", "a.parquet cannot be read as Parquet"),
        ("a.xlsx", b"x", ".xlsx is no format of data"),
    ],
)
def test_what_is_wrong_is_said_with_file_row_and_column(
    name: str, content: bytes, said: str
) -> None:
    Path(name).write_bytes(content)
    with pytest.raises(DataError, match=re.escape(said)):
        read(Path(name))


@pytest.mark.parametrize("name", ["t.parquet", "t.feather", "t.arrow"])
def test_two_columns_of_one_name_are_refused(name: str) -> None:
    table = pa.table([[1], ["x"], ["en"], ["de"]], names=["row", "text", "label", "label"])
    if name.endswith("parquet"):
        pq.write_table(table, name)
    elif name.endswith("feather"):
        with pa.ipc.new_file(name, table.schema) as opened:
            opened.write_table(table)
    else:
        stream(Path(name), table)
    with pytest.raises(DataError, match=f"{name} has two columns of the name label"):
        read(Path(name))


def test_a_file_is_read_as_a_stream() -> None:
    """The first row comes although a later one is broken: nobody read that far."""
    for name, content in (
        ("a.csv", "row,text,label\n1,x,en\n2\n"),
        ("a.jsonl", '{"row": 1, "text": "x", "label": "en"}\n{'),
    ):
        Path(name).write_text(content)
        assert next(dataset(Path(name)).examples()).given == "x"


def test_parquet_is_read_a_group_of_rows_after_the_other() -> None:
    file, rows = Path("rows.parquet"), [{**ROWS[0], "row": str(n)} for n in range(4000)]
    pq.write_table(pa.Table.from_pylist(rows), file, row_group_size=2000, compression="none")
    second = pq.ParquetFile(file).metadata.row_group(1).column(0)
    content = bytearray(file.read_bytes())
    begin = second.dictionary_page_offset or second.data_page_offset
    content[begin : begin + second.total_compressed_size] = bytes(second.total_compressed_size)
    file.write_bytes(content)
    examples = dataset(file).examples()
    assert [next(examples).id for _ in range(1000)] == [str(n) for n in range(1000)]
    with pytest.raises(DataError, match=r"rows\.parquet cannot be read as Parquet"):
        list(examples)


def test_a_folder_has_its_labels_in_the_names_of_folders() -> None:
    for name in ("cat/b.png", "cat/a.png", "dog/c.png", "dog/.hidden"):
        Path("pets", name).parent.mkdir(parents=True, exist_ok=True)
        Path("pets", name).write_bytes(b"x")
    found = read(Path("pets"), inputs="file", id="file")
    assert [(given, label) for _, given, label in found] == [
        ("cat/a.png", "cat"), ("cat/b.png", "cat"), ("dog/c.png", "dog"),
    ]  # fmt: skip
    Path("pets/loose.png").write_bytes(b"x")
    with pytest.raises(DataError, match="row 4, column label is empty"):
        read(Path("pets"), inputs="file", id="file")


def test_a_folder_may_have_a_file_that_describes_its_files() -> None:
    Path("clips").mkdir()
    Path("clips/a.wav").write_bytes(b"x")
    metadata = Path("clips/metadata.csv")
    metadata.write_text("file_name,said\na.wav,hello there\n")
    assert read(Path("clips"), inputs="file", target="said", id=None) == [
        ("1", "a.wav", "hello there")
    ]
    metadata.write_text("file_name,said\nb.wav,hello there\n")
    with pytest.raises(
        DataError, match=r"clips/metadata.csv, row 1, column file_name: b.wav is no"
    ):
        read(Path("clips"), inputs="file", target="said", id=None)
    metadata.write_text("file_name,said\n../../etc/passwd,hello there\n")
    with pytest.raises(DataError, match="is no file of the folder"):
        read(Path("clips"), inputs="file", target="said", id=None)


@pytest.mark.parametrize(
    "line", ['{"label": "dog"}', '{"file_name": "a\\u0000b"}', '{"file_name": ["a"]}',
             json.dumps({"file_name": "a" * 300})],
)  # fmt: skip
def test_a_row_that_names_no_file_is_told_with_its_place(line: str) -> None:
    Path("pets").mkdir()
    Path("pets/a.png").write_bytes(b"x")
    first = '{"file_name": "a.png", "label": "cat"}'
    Path("pets/metadata.jsonl").write_text(f"{first}\n{line}\n")
    with pytest.raises(DataError, match=r"pets/metadata.jsonl, row 2, column file_name: .* no f"):
        read(Path("pets"), inputs="file", id=None)


def test_a_link_to_nothing_is_no_row_less() -> None:
    Path("pets/cat").mkdir(parents=True)
    Path("pets/cat/a.png").write_bytes(b"x")
    Path("pets/cat/.lock").symlink_to("nowhere")  # what is hidden is no row, whatever it is
    assert len(read(Path("pets"), inputs="file", id=None)) == 1
    Path("pets/cat/b.png").symlink_to("../kept/b.png")
    with pytest.raises(DataError, match=r"pets: cat/b.png is a link to what is not there"):
        read(Path("pets"), inputs="file", id=None)


def test_a_pattern_names_files_whose_rows_come_in_the_order_of_their_names() -> None:
    for number in (1, 0):
        rows = [{**row, "row": f"{number}{row['row']}"} for row in ROWS]
        written(Path(f"part-{number}.csv"), rows)
        written(Path(f"part-{number}.parquet"), rows)
    Path("part-2.csv").mkdir()
    wanted = ["0a", "0b", "0c", "1a", "1b", "1c"]
    for suffix in (".csv", ".parquet"):
        assert [one for one, *_ in read(Path(f"part-?{suffix}"))] == wanted
    labelled = dataset(Path("p*-*.csv"))
    assert [*labelled.files] == ["part-0.csv", "part-1.csv"]
    assert [one.where for one in labelled.examples()][2:4] == [
        "part-0.csv, row 0c", "part-1.csv, row 1a"
    ]  # fmt: skip
    counted = dataset(Path("p*-*.csv"), id=None).examples()
    assert [one.where for one in counted][2:4] == ["part-0.csv, row 3", "part-1.csv, row 1"]
    before = labelled.sha256()
    Path("part-1.csv").write_text("row,text,label\n1a,x,en\n1b,,en\n")
    assert labelled.sha256() != before
    with pytest.raises(DataError, match=r"part-1\.csv, row 2, column text is empty"):
        list(labelled.examples())
    Path("part-1.csv").write_text("row,txt,label\n")
    (missing,) = check(dataset(Path("p*-*.csv")))
    assert missing.message == "part-1.csv has no column `text`."
    (missing,) = check(dataset(Path("q*.csv")))
    assert missing.code == "dataset-missing"
    assert "q*.csv" in missing.message


def test_a_file_that_is_called_like_a_pattern_is_that_file() -> None:
    written(Path("what?.csv"), ROWS[:1])
    written(Path("whats.csv"), ROWS)
    assert [one for one, *_ in read(Path("what?.csv"))] == ["a"]


def test_columns_that_are_not_there_are_found_before_a_row_is_read() -> None:
    written(Path("rows.csv"))
    labelled = dataset(Path("rows.csv"), inputs="txt", target="labels", where="lang == 'de'")
    found = {(f.code, f.loc, f.remedy) for f in check(labelled)}
    assert found == {
        ("column-missing", ("dataset", "inputs"), "Did you mean `text`?"),
        ("column-missing", ("dataset", "target"), "Did you mean `label`?"),
        ("column-missing", ("dataset", "where"), "It has row, text, label."),
    }
    (missing,) = check(dataset(Path("row.csv")))
    assert (missing.code, missing.remedy) == ("dataset-missing", "Did you mean `rows.csv`?")


def test_targets_are_called_as_the_model_calls_them() -> None:
    rows = [{"text": "x", "label": 0}, {"text": "y", "label": ["1", "2"]}]
    labels = {"0": "NEGATIVE", "1": "POSITIVE"}
    found = read(None, rows=rows, id=None, labels=labels)
    assert [target for _, _, target in found] == ["NEGATIVE", ["POSITIVE", "2"]]


def test_targets_that_are_no_text_are_called_as_json_writes_them() -> None:
    labels = {"true": "yes", "false": "no", "1": "one"}
    targets = [True, False, 1.0, 1, [True, 1.0], 2.5]
    rows = [{"row": str(n), "text": "x", "label": one} for n, one in enumerate(targets)]
    found = [target for *_, target in read(None, rows=rows, labels=labels)]
    assert found == ["yes", "no", "one", "one", ["yes", "one"], 2.5]


def test_the_hash_is_of_the_content() -> None:
    first = dataset(written(Path("a.csv"))).sha256()
    assert dataset(written(Path("b.csv"))).sha256() == first
    assert dataset(written(Path("c.csv"), ROWS[:2])).sha256() != first


def test_a_folder_of_datasets_is_read_with_its_classes_by_name_and_media_by_content() -> None:
    names = {"names": ["de", "en"], "_type": "ClassLabel"}
    numbers = [{**row, "label": n - 1} for n, row in enumerate([*ROWS, ROWS[0]], 0)]
    folder = saved(Path("data/train"), [r for r in numbers if r["label"] >= 0], label=names)
    assert read(folder, id=None) == [
        ("1", ROWS[1]["text"], "de"), ("2", ROWS[2]["text"], "en"), ("3", ROWS[0]["text"], 2)
    ]  # fmt: skip
    sounds = [{"row": "a", "text": {"bytes": b"RIFF", "path": "a.wav"}, "label": "yes"},
              {"row": "b", "text": {"bytes": None, "path": "b.wav"}, "label": "no"}]  # fmt: skip
    heard = saved(Path("sounds"), sounds, text={"_type": "Audio"})
    assert [given for _, given, _ in read(heard)] == [b"RIFF", "b.wav"]
    assert list(check(dataset(heard))) == []
    (finding,) = check(dataset(heard, target="lable"))
    assert (finding.code, finding.remedy) == ("column-missing", "Did you mean `label`?")


def test_a_class_that_is_none_is_an_empty_cell() -> None:
    names = {"names": ["de", "en"], "_type": "ClassLabel"}
    with pytest.raises(DataError, match="row 1, column label is empty"):
        read(saved(Path("data"), [{**ROWS[0], "label": -1}], label=names))


def test_several_splits_are_named_and_one_is_asked_for() -> None:
    for split in ("train", "test"):
        saved(Path("data", split))
    Path("data/dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    with pytest.raises(DataError) as refused:
        read(Path("data"))
    assert refused.value.sentences == "data has several splits. Name one in it: test, train."


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ('{"_data_files": [{"filename": "../secret.arrow"}]}', "no file of the folder"),
        ('{"_data_files": [{"filename": "gone.arrow"}]}', "gone.arrow, which is no file"),
        ('{"_data_files": []}', "names no file"),
        ("[1]", "does not list the files"),
        ("{", "does not list the files"),
    ],
)
def test_a_state_that_leads_elsewhere_or_nowhere_is_refused(state: str, said: str) -> None:
    stream(Path("secret.arrow"), pa.Table.from_pylist(ROWS))
    folder = saved(Path("data"))
    (folder / "state.json").write_text(state)
    with pytest.raises(DataError, match=said):
        read(folder)


def test_arrow_that_breaks_off_is_refused() -> None:
    file = written(Path("rows.arrow"))
    file.write_bytes(file.read_bytes()[:-200])
    with pytest.raises(DataError, match=r"rows\.arrow cannot be read as Arrow"):
        read(file)
    with pytest.raises(DataError, match="features that cannot be read"):
        read(saved(Path("data"), label=["no", "mapping"]))
