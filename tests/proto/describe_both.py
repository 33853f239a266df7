"""Prints the fields of our messages and of TensorFlow's, with both loaded into this process.

Called with the names of the modules to import, in the order to import them.
"""

import importlib
import json
import sys

from google.protobuf import descriptor_pool
from google.protobuf.unknown_fields import UnknownFieldSet

OUR_PACKAGE = "leitmotif.wire."
UPSTREAM_PACKAGES = ("tensorflow.serving.", "tensorflow.error.", "tensorflow.")


def upstream_name(full_name):
    """Name the counterpart of one of our messages or enums."""
    name = full_name.removeprefix(OUR_PACKAGE)
    pool = descriptor_pool.Default()
    for package in UPSTREAM_PACKAGES:
        for find in (pool.FindMessageTypeByName, pool.FindEnumTypeByName):
            try:
                return find(package + name).full_name
            except KeyError:
                continue
    raise LookupError(full_name)


def described_field(field):
    kind = field.message_type or field.enum_type
    type_name = kind.full_name if kind else ""
    if type_name.startswith(OUR_PACKAGE):
        type_name = upstream_name(type_name)
    return {
        "number": field.number,
        "type": [field.type, type_name],
        "label": [field.is_repeated, field.is_required, field.has_presence],
        "packed": field.is_packed,
        "json_name": field.json_name,
    }


def described_message(message):
    return {
        "fields": {field.name: described_field(field) for field in message.fields},
        "oneofs": {
            oneof.name: sorted(field.name for field in oneof.fields) for oneof in message.oneofs
        },
        "is_map": message.GetOptions().map_entry,
    }


def described_enum(enum):
    return {value.name: value.number for value in enum.values}


def of_file(file):
    """List every message and enum of a file, nested ones too."""
    messages, enums = list(file.message_types_by_name.values()), []
    enums.extend(file.enum_types_by_name.values())
    for message in messages:
        messages.extend(message.nested_types)
        enums.extend(message.enum_types)
    return messages, enums


def main():
    for module in sys.argv[1:]:
        importlib.import_module(module)
    ours = importlib.import_module("proto.model_server_pb2")

    pool = descriptor_pool.Default()
    messages, enums = of_file(ours.DESCRIPTOR)
    both = {
        "messages": {
            m.name: [
                described_message(m),
                described_message(pool.FindMessageTypeByName(upstream_name(m.full_name))),
            ]
            for m in messages
        },
        "enums": {
            e.name: [
                described_enum(e),
                described_enum(pool.FindEnumTypeByName(upstream_name(e.full_name))),
            ]
            for e in enums
        },
        "round_trips": round_trips(ours),
    }
    sys.stdout.write(json.dumps(both))


def round_trips(ours):
    """Send a request and an answer through TensorFlow's classes and back."""
    predict_pb2 = importlib.import_module("tensorflow_serving.apis.predict_pb2")
    status_pb2 = importlib.import_module("tensorflow_serving.apis.get_model_status_pb2")

    request = ours.PredictRequest()
    request.model_spec.name = "game"
    request.model_spec.version.value = 3
    request.model_spec.signature_name = "decode"
    tensor = request.inputs["token"]
    tensor.dtype = ours.DT_INT32
    tensor.tensor_shape.dim.add(size=1)
    tensor.tensor_content = b"\x01\x00\x00\x00"
    response = ours.PredictResponse()
    response.outputs["x"].float_val.extend((1.0, 2.0))
    response.outputs["y"].string_val.append(b"text")
    response.outputs["z"].int_val.extend((1, -2))
    status = ours.GetModelStatusResponse()
    version = status.model_version_status.add(version=7, state=ours.ModelVersionStatus.END)
    version.status.error_code = ours.NOT_FOUND
    version.status.error_message = "gone"
    pairs = (
        (request, predict_pb2.PredictRequest),
        (response, predict_pb2.PredictResponse),
        (status, status_pb2.GetModelStatusResponse),
    )
    outcomes = {}
    for mine, theirs in pairs:
        there = theirs.FromString(mine.SerializeToString())
        back = type(mine).FromString(there.SerializeToString())
        outcomes[theirs.DESCRIPTOR.name] = back == mine and not len(UnknownFieldSet(there))
    return outcomes


if __name__ == "__main__":
    main()
