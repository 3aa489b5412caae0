"""Where a request comes from, and how: what a proxy says counts only where that proxy is trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from fastapi import Request

__all__ = ["Proxies", "proxies_named"]

_Address = IPv4Address | IPv6Address
_SITE_BITS = 64  # of an IPv6 address; the rest is its owner's to choose


def proxies_named(listed: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Read addresses and networks, with commas between them.

    Raises
    ------
    ValueError
        Where one is none.
    """
    return tuple(ip_network(one.strip()) for one in listed.split(",") if one.strip())


@dataclass(frozen=True)
class Proxies:
    """The proxies that are trusted to say who asked them.

    Parameters
    ----------
    networks : sequence of network
    """

    networks: Sequence[IPv4Network | IPv6Network] = ()

    def _trusts(self, address: _Address | None) -> bool:
        return address is not None and any(address in network for network in self.networks)

    def address_of(self, request: Request) -> str:
        """Who asks, to be counted by: an IPv4 address, or the network (/64) of an IPv6 address.

        Behind trusted proxies it is the last address in X-Forwarded-For that is none of them: what stands before that
        could be anybody's invention.
        """
        peer = request.client.host if request.client else "local"
        found = _address(peer)
        if self._trusts(found):
            for said in reversed(_listed(request, "x-forwarded-for")):
                hop = _address(said)
                if hop is None:
                    break
                found = hop
                if not self._trusts(hop):
                    break
        if isinstance(found, IPv6Address):
            return str(ip_network((int(found) >> _SITE_BITS << _SITE_BITS, _SITE_BITS)))
        return peer if found is None else str(found)

    def scheme_of(self, request: Request) -> str:
        """How: ``https`` or ``http``; behind a trusted proxy as it says in X-Forwarded-Proto."""
        if self.networks:
            peer = _address(request.client.host) if request.client else None
            said = _listed(request, "x-forwarded-proto")
            if said and self._trusts(peer):
                return "https" if said[-1].lower() == "https" else "http"
        return str(request.scope["scheme"])


def _listed(request: Request, header: str) -> list[str]:
    return [one.strip() for one in ",".join(request.headers.getlist(header)).split(",") if one.strip()]


def _address(said: str) -> _Address | None:
    try:
        found = ip_address(said)
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found
