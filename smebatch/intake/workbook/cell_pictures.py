"""Pictures that today's Excel places in cells: such a cell holds an error value, and the number of a rich value."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from defusedxml import ElementTree

METADATA, VALUES = "xl/metadata.xml", "xl/richData/rdrichvalue.xml"
STRUCTURES = "xl/richData/rdrichvaluestructure.xml"
_PICTURES = ("_localImage", "_webimage")  # placed by hand, or fetched by the function IMAGE
_NAME = "XLRICHVALUE"


def picture_value_numbers(parts: Mapping[str, bytes]) -> Collection[str]:
    """The numbers of rich values that are pictures, as the attribute ``vm`` of cells names them.

    Raises LookupError, ValueError or ParseError where the parts are broken.
    """
    root = ElementTree.fromstring(parts[METADATA])
    kinds = [node.get("name") for node in root.iterfind("{*}metadataTypes/{*}metadataType")]
    blocks = [
        [int(value.get("i")) for value in block.iterfind(".//{*}rvb")]
        for block in root.iterfind(f"{{*}}futureMetadata[@name='{_NAME}']/{{*}}bk")
    ]
    structures = [node.get("t") for node in ElementTree.fromstring(parts[STRUCTURES])]
    values = [structures[int(node.get("s"))] for node in ElementTree.fromstring(parts[VALUES])]
    pictures = set()
    for number, block in enumerate(root.iterfind("{*}valueMetadata/{*}bk"), 1):
        references = [(int(node.get("t")), int(node.get("v"))) for node in block]
        rich = [blocks[at] for kind, at in references if kinds[kind - 1] == _NAME]
        if any(values[value] in _PICTURES for block in rich for value in block):
            pictures.add(str(number))
    return pictures
