"""The chain of attributes that a site's method is reached by."""

from __future__ import annotations

import libcst as cst

from assist2resp.rewrite.flows.aliases import client_behind
from assist2resp.rewrite.flows.sites import Site, below, goes_to_beta
from assist2resp.rewrite.values.inference import Inference
from assist2resp.rewrite.values.kinds import Resource


def beta_of(site: Site, inference: Inference) -> cst.Attribute | cst.Call | None:
    """The part `X.beta` (or `getattr(X, "beta")`) of a site's own chain; None where the chain starts below it."""
    node: cst.BaseExpression | None = site.node
    while node is not None:
        kind = inference.kind(node, site.file)
        if isinstance(kind, Resource) and kind.path == "beta" and not kind.wrapper:
            is_step = goes_to_beta(node, site.file, inference)
            return node if is_step and isinstance(node, (cst.Attribute, cst.Call)) else None
        node = below(node)
    return None


def resource_of(site: Site, inference: Inference, path: str) -> cst.BaseExpression | None:
    """The part of a site's own chain that is the resource `path`, such as `client.beta.threads`."""
    node: cst.BaseExpression | None = site.node
    while node is not None:
        kind = inference.kind(node, site.file)
        if (
            isinstance(kind, Resource)
            and kind.path == path
            and not kind.wrapper
            and isinstance(node, (cst.Attribute, cst.Call))
        ):
            return node
        node = below(node)
    return None


def client_of(beta: cst.Attribute | cst.Call) -> cst.BaseExpression:
    """The client in `X.beta` or `getattr(X, "beta")`."""
    return beta.value if isinstance(beta, cst.Attribute) else beta.args[0].value


def client_at(site: Site, inference: Inference) -> cst.BaseExpression | None:
    """The client of a site, by its own chain or behind the name that the chain starts at; None where none can be named."""
    beta = beta_of(site, inference)
    return client_of(beta) if beta is not None else client_behind(site, inference)
