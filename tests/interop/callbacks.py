"""Seals callbacks and opens answers with wechatpy, as its standard input says. The protocol
is described in peer.rs, the methods in callbacks.rs."""

import json
import sys
from typing import Any

import xmltodict
from wechatpy.enterprise.crypto import WeChatCrypto


def crypto(keys: dict[str, str]) -> WeChatCrypto:
    return WeChatCrypto(keys["token"], keys["aesKey"], keys["receiver"])


def seal(keys, timestamp, nonce, message) -> dict[str, str]:
    body = crypto(keys).encrypt_message(message, nonce, timestamp)
    root = xmltodict.parse(body)["xml"]
    return {"sealed": root["Encrypt"], "signature": root["MsgSignature"], "body": body}


def open_(keys, timestamp, nonce, signature, sealed, body=None) -> dict[str, str]:
    """By the document where there is one, which the package reads itself."""
    if body is None:
        message = crypto(keys).check_signature(signature, timestamp, nonce, sealed)
    else:
        message = crypto(keys).decrypt_message(body, signature, timestamp, nonce)
    return {"message": message}


METHODS = {"seal": seal, "open": open_}


def obey(line: str) -> dict[str, Any]:
    request = json.loads(line)
    try:
        return {"id": request["id"], "result": METHODS[request["method"]](**request["args"])}
    except Exception as error:  # What the package raises has no type of its own.
        return {"id": request["id"], "error": f"{type(error).__name__}: {error}"}


for each in sys.stdin:
    print(json.dumps(obey(each), ensure_ascii=False), flush=True)
