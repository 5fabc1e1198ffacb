import { BlockList, isIP } from "node:net";

/** Addresses no local PACS has: link-local including cloud metadata services, unspecified, multicast, broadcast. */
const nobody = new BlockList();
nobody.addSubnet("0.0.0.0", 8);
nobody.addSubnet("169.254.0.0", 16);
nobody.addSubnet("224.0.0.0", 3);
nobody.addSubnet("fe80::", 10, "ipv6");
nobody.addSubnet("ff00::", 8, "ipv6");
nobody.addAddress("::", "ipv6");
nobody.addAddress("fd00:ec2::254", "ipv6");

const self = new BlockList();
self.addSubnet("127.0.0.0", 8);
self.addAddress("::1", "ipv6");

const label = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/i;
const cloudNames = /^(metadata|metadata\.google\.internal|instance-data)$/i;

/**
 * Whether a host can be a hospital's own PACS: an IP address or a host name (RFC 1123 §2.1), but neither the edge
 * itself nor a cloud metadata address. Numbers that libraries also parse as addresses (`2130706433`, `0x7f.1`) are not
 * accepted as names.
 *
 * @param options.loopback allows the machine itself: the demo's PACS runs beside it.
 */
export function isPacsHost(host: string, { loopback }: { loopback: boolean }): boolean {
  const family = isIP(host);
  if (family) {
    const kind = family === 6 ? "ipv6" : "ipv4";
    if (family === 6 && host.includes("%")) return false;
    // An IPv4-mapped address is checked as the IPv4 address it is.
    return !nobody.check(host, kind) && (loopback || !self.check(host, kind));
  }
  const labels = host.replace(/\.$/, "").split(".");
  const last = labels.at(-1) ?? "";
  if (!labels.every((each) => label.test(each)) || /^(\d+|0x[0-9a-f]*)$/i.test(last)) return false;
  if (cloudNames.test(labels.join("."))) return false;
  return loopback || !(last.toLowerCase() === "localhost");
}
