/** How a function's process comes into a network and a view of the files of its own, before it is the function's. Pure. */
import type { User } from "../../machine/users.ts";
import { type Addresses, type LoopbackAlias, NAME_SERVER } from "../addressing.ts";
import type { Tools } from "./tools.ts";

/** What one process is to have. */
export interface NamespaceEntry {
	readonly tools: Tools;
	/** The process that holds the proxy's namespace. */
	readonly holder: number;
	/** Distinct among the processes of a platform; names the interface. */
	readonly index: number;
	readonly addresses: Addresses;
	readonly aliases: readonly LoopbackAlias[];
	readonly user: User | undefined;
	/** The folders in which it may write, each to be bounded: path → bytes. What is in them goes with the process. */
	readonly writable: ReadonlyMap<string, number>;
	/** Its working directory. */
	readonly temporary: string;
	/** A file with its `mountTable`. */
	readonly mounts: string;
	/** Folders that others use and it does not need. */
	readonly masked: readonly string[];
	/** Files that it sees in the place of the machine's: where → which. */
	readonly replaced: ReadonlyMap<string, string>;
	/** Where the system reads its name servers from, links followed; undefined where it does not. */
	readonly resolvConf: string | undefined;
	/** A file that names the proxy's name server. */
	readonly proxyResolvConf: string;
}

/** Both ends have it, so that neither has to ask the other for it. */
const MAC = "02:00:00:00:00:01";
/** No packet leaves the machine as it is, so it may be as long as packets can be. */
const MTU = 65_535;
const MASK_BYTES = 1024 * 1024;
const INODES_MAX = 65_536;

/** In the proxy's namespace: `$$` is the process that enters. */
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

/** What the operator opened of the machine's loopback is sent to its stand-in; empty where nothing is. */
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

/** In a table of mounts, as of fstab(5), blanks are written as numbers. */
const escapeField = (path: string) =>
	path.replace(/[\\ \t\n#]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, "0")}`);

/** The table of what is mounted for a process, as of fstab(5). */
export function mountTable({
	masked,
	replaced,
	user,
	writable,
}: Pick<NamespaceEntry, "masked" | "replaced" | "user" | "writable">): string {
	const closed = "nosuid,nodev,noexec";
	const owner = user === undefined ? "mode=700" : `mode=700,uid=${user.uid},gid=${user.gid}`;
	const lines = [
		...[...replaced].map(([path, own]) => [escapeField(own), escapeField(path), "none", "bind"]),
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

/** Runs as root, in namespaces of its own, and becomes what follows its arguments. */
const SCRIPT = `set -e
ip=$1 nsenter=$2 mount=$3 nft=$4 holder=$5 proxy_side=$6 own_side=$7 rules=$8 mounts=$9
shift 9
resolv=$1 own_resolv=$2 temporary=$3
shift 3
case $proxy_side in *'$$'*) proxy_side="\${proxy_side%%'$$'*}$$\${proxy_side#*'$$'}" ;; esac
printf %s "$proxy_side" | "$nsenter" --net="/proc/$holder/ns/net" "$ip" -batch -
printf %s "$own_side" | "$ip" -batch -
if [ -n "$rules" ]; then
	echo 1 > /proc/sys/net/ipv4/conf/all/route_localnet
	printf %s "$rules" | "$nft" -f -
fi
"$mount" -a -T "$mounts"
if [ -n "$resolv" ]; then
	if [ ! -e "$resolv" ]; then mkdir -p "\${resolv%/*}"; : > "$resolv"; fi
	"$mount" --bind "$own_resolv" "$resolv"
fi
cd "$temporary"
exec "$@"`;

/** What comes before the command of a process; the process id stays the same. It is started as root. */
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

/** What hosts(5) says to functions: names that the machine knows are asked of the proxy, as all others. */
export const HOSTS = "127.0.0.1 localhost\n";

/** The content of the file that names the name server. */
export const RESOLV_CONF = `nameserver ${NAME_SERVER.v4}\noptions timeout:5 attempts:2\n`;

/** Of the folders that all programs of a machine share, those that hold nothing which a function's process needs. */
export function maskable(
	needed: readonly string[],
	shared = ["/run", "/tmp", "/var/tmp", "/dev/shm"],
): string[] {
	const isAbove = (folder: string, path: string) => path === folder || path.startsWith(`${folder}/`);
	return shared.filter((folder) => !needed.some((path) => isAbove(folder, path)));
}
