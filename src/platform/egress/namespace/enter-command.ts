/**
 * The command that gives a process a separate network and a separate view of the file system before it runs a function.
 * Pure.
 */
import { escapeField } from "../../machine/fstab.ts";
import type { User } from "../../machine/users.ts";
import { type Addresses, type LoopbackAlias, NAME_SERVER } from "../addressing.ts";
import type { Tools } from "./tools.ts";

/** The network and the view of the file system of one process. */
export interface NamespaceEntry {
	readonly tools: Tools;
	/** The id of the process that keeps the proxy's namespace open. */
	readonly holder: number;
	/** A number that is unique among the processes of a platform. It is part of the interface's name. */
	readonly index: number;
	readonly addresses: Addresses;
	readonly aliases: readonly LoopbackAlias[];
	readonly user: User | undefined;
	/** The folders that the process may write to, with their maximum sizes: path → bytes. Their content is removed with the process. */
	readonly writable: ReadonlyMap<string, number>;
	/** The working directory of the process. */
	readonly temporary: string;
	/** The path of a file with the process's `mountTable`. */
	readonly mounts: string;
	/** Folders that the process does not need. They are empty for it. */
	readonly masked: readonly string[];
	/** Files that replace the machine's files for the process: path of the machine's file → path of the replacement. */
	readonly replaced: ReadonlyMap<string, string>;
	/** The real path of the file that lists the machine's name servers. Undefined if there is none. */
	readonly resolvConf: string | undefined;
	/** The path of a file that lists the proxy's name server. */
	readonly proxyResolvConf: string;
}

/** Both ends have the same address, so that neither has to resolve the other's. */
const MAC = "02:00:00:00:00:01";
/** The longest possible packet. No packet leaves the machine in this form, so no network limits the length. */
const MTU = 65_535;
const MASK_BYTES = 1024 * 1024;
const INODES_MAX = 65_536;

/** Commands for `ip` in the proxy's namespace. The script replaces `$$` with the id of its process. */
function proxySideCommands({ addresses, index }: NamespaceEntry): string {
	const [v4, v6] = addresses;
	const name = `f${index}`;
	return [
		`link add name ${name} mtu ${MTU} address ${MAC} type veth peer name eth0 mtu ${MTU} address ${MAC} netns $$`,
		`link set ${name} arp off up`,
		`route add ${v4}/32 dev ${name}`,
		...(v6 === null ? [] : [`route add ${v6}/128 dev ${name}`]),
		"",
	].join("\n");
}

/** Commands for `ip` in the function's namespace. */
function functionSideCommands({ addresses: [v4, v6] }: NamespaceEntry): string {
	return [
		"link set lo up",
		`addr add ${v4}/32 dev eth0`,
		...(v6 === null ? [] : [`addr add ${v6}/128 dev eth0 nodad`]),
		"link set eth0 arp off up",
		"route add default dev eth0",
		...(v6 === null ? [] : ["route add ::/0 dev eth0"]),
		"",
	].join("\n");
}

/** Rules that redirect allowed loopback addresses of the machine to their aliases. Empty if no such address is allowed. */
function loopbackRules({ addresses: [v4, v6], aliases }: NamespaceEntry): string {
	const usable = aliases.filter(({ loopback }) => loopback !== "::1" || v6 !== null);
	if (usable.length === 0) return "";
	const redirects = usable.map(({ address, loopback, ports }) => {
		const family = loopback === "::1" ? "ip6" : "ip";
		const at = ports === undefined ? "" : ` tcp dport { ${[...ports].join(", ")} }`;
		return `${family} daddr ${loopback}${at} meta l4proto tcp dnat ${family} to ${address}`;
	});
	return `table inet coffer {
	chain to_machine { type nat hook output priority -100; ${redirects.join("\n")}
	}
	chain from_function { type nat hook postrouting priority 100;
		oifname "eth0" ip saddr 127.0.0.0/8 snat ip to ${v4}
		${v6 === null ? "" : `oifname "eth0" ip6 saddr ::1 snat ip6 to ${v6}`}
	}
}
`;
}

/** The mounts of a process, as a table in the format of fstab(5). */
export function mountTable({
	masked,
	replaced,
	user,
	writable,
}: Pick<NamespaceEntry, "masked" | "replaced" | "user" | "writable">): string {
	const closed = "nosuid,nodev,noexec";
	const owner = user === undefined ? "mode=700" : `mode=700,uid=${user.uid},gid=${user.gid}`;
	const lines = [
		...[...replaced].map(([path, source]) => [escapeField(source), escapeField(path), "none", "bind"]),
		...masked.map((path) => [
			"coffer-mask",
			escapeField(path),
			"tmpfs",
			`${closed},mode=755,size=${MASK_BYTES}`,
		]),
		...[...writable].map(([path, bytes]) => [
			"coffer-own",
			escapeField(path),
			"tmpfs",
			`${closed},${owner},size=${bytes},nr_inodes=${INODES_MAX}`,
		]),
	];
	return lines.map((line) => `${line.join(" ")} 0 0\n`).join("");
}

/** A shell script that runs as root in new namespaces. At its end it executes the command that follows its arguments. */
const SCRIPT = `set -e
ip=$1 nsenter=$2 mount=$3 nft=$4 holder=$5 proxy_side=$6 function_side=$7 rules=$8 mounts=$9
shift 9
resolv=$1 proxy_resolv=$2 temporary=$3
shift 3
case $proxy_side in *'$$'*) proxy_side="\${proxy_side%%'$$'*}$$\${proxy_side#*'$$'}" ;; esac
printf %s "$proxy_side" | "$nsenter" --net="/proc/$holder/ns/net" "$ip" -batch -
printf %s "$function_side" | "$ip" -batch -
if [ -n "$rules" ]; then
	echo 1 > /proc/sys/net/ipv4/conf/all/route_localnet
	printf %s "$rules" | "$nft" -f -
fi
"$mount" -a -T "$mounts"
if [ -n "$resolv" ]; then
	if [ ! -e "$resolv" ]; then mkdir -p "\${resolv%/*}"; : > "$resolv"; fi
	"$mount" --bind "$proxy_resolv" "$resolv"
fi
cd "$temporary"
exec "$@"`;

/** The program and arguments that run a process's command in its network. It must start as root. The process id does not change. */
export function enterCommand(entry: NamespaceEntry): string[] {
	const { holder, proxyResolvConf, resolvConf = "", temporary, tools } = entry;
	const { ip, mount, nft, nsenter, unshare } = tools;
	const texts = [proxySideCommands(entry), functionSideCommands(entry), loopbackRules(entry), entry.mounts];
	const programs = [ip, nsenter, mount, nft, String(holder)];
	const script = [
		"/bin/sh",
		"-c",
		SCRIPT,
		"sh",
		...programs,
		...texts,
		resolvConf,
		proxyResolvConf,
		temporary,
	];
	return [unshare, "--net", "--mount", "--", ...script];
}

/** The hosts(5) file of functions. It has no names of the machine, so functions resolve these through the proxy too. */
export const HOSTS = "127.0.0.1 localhost\n";

/** The resolv.conf(5) file of functions. */
export const RESOLV_CONF = `nameserver ${NAME_SERVER.v4}\noptions timeout:5 attempts:2\n`;

/** The folders that all programs of a machine share, without those that contain something that functions need. */
export function maskable(
	needed: readonly string[],
	shared = ["/run", "/tmp", "/var/tmp", "/dev/shm"],
): string[] {
	const isAbove = (folder: string, path: string) => path === folder || path.startsWith(`${folder}/`);
	return shared.filter((folder) => !needed.some((path) => isAbove(folder, path)));
}
