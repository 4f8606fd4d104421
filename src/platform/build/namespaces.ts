/**
 * The commands that run a build's process with a separate file system. Pure, except that it checks which folders exist.
 */
import { existsSync, realpathSync, statSync } from "node:fs";
import { sep } from "node:path";
import type { Command } from "../machine/run-command.ts";

export interface Mount {
	/** Undefined means an empty folder that no user can read. */
	source: string | undefined;
	target: string;
	writable: boolean;
}

/** Paths inside the sandbox. They are always the same, so that a bundle contains no path of the platform. */
export const INNER = { deno: "/builder/deno", cache: "/builder/cache", build: "/builder/build" } as const;

/** The system's folders that a program with TLS needs, and no others: libraries, certificates and name resolution. */
const SYSTEM = [
	"/usr/lib",
	"/usr/lib32",
	"/usr/lib64",
	"/usr/libexec",
	"/usr/bin",
	"/lib",
	"/lib32",
	"/lib64",
	"/bin",
	"/nix/store",
	"/etc/ssl",
	"/etc/pki",
	"/etc/ca-certificates",
	"/usr/share/ca-certificates",
	"/usr/local/share/ca-certificates",
	"/etc/ld.so.cache",
	"/etc/resolv.conf",
	"/etc/hosts",
	"/etc/nsswitch.conf",
];

/**
 * Read-only mounts of the system's folders. Hidden paths in them are covered by empty folders or unreadable files.
 * @param hidden absolute paths that the build must not read
 * @param named texts that may be absolute paths of certificates, which are mounted too
 * @param blank the path of an unreadable file, which is mounted over hidden files
 */
export function systemMounts(hidden: readonly string[], named: readonly string[], blank: string): Mount[] {
	const existing = [...SYSTEM, ...named.filter((text) => text.startsWith("/"))].filter((path) =>
		existsSync(path),
	);
	const paths = existing.filter((path) => !existing.some((other) => other !== path && isWithin(path, other)));
	const secrets = hidden.filter((path) => existsSync(path)).map((path) => realpathSync(path));
	const mounts = paths
		.filter((path) => !secrets.some((secret) => isWithin(realpathSync(path), secret)))
		.map((path): Mount => ({ source: path, target: path, writable: false }));
	const covers = mounts.flatMap(({ target }) =>
		secrets
			.filter((secret) => isWithin(secret, realpathSync(target)))
			.map((secret): Mount => {
				const source = statSync(secret).isDirectory() ? undefined : blank;
				return { source, target: target + secret.slice(realpathSync(target).length), writable: false };
			}),
	);
	return [...mounts, ...covers];
}

function isWithin(path: string, directory: string): boolean {
	return path === directory || path.startsWith(directory + sep);
}

type Wrapped = Pick<Command, "file" | "args">;

/** Runs a command in `build/src` under bubblewrap. */
export function bubblewrapCommand(mounts: readonly Mount[], command: readonly string[]): Wrapped {
	const binds = mounts.flatMap(({ source, target, writable }) =>
		source === undefined
			? ["--perms", "0000", "--tmpfs", target]
			: [writable ? "--bind" : "--ro-bind", source, target],
	);
	const namespaces = [
		"--unshare-user-try",
		"--unshare-ipc",
		"--unshare-pid",
		"--unshare-uts",
		"--unshare-cgroup-try",
	];
	const rest = ["--die-with-parent", "--cap-drop", "ALL", "--dev", "/dev", "--tmpfs", "/tmp"];
	const args = [...namespaces, ...rest, ...binds, "--chdir", `${INNER.build}/src`, "--", ...command];
	return { file: "bwrap", args };
}

/**
 * Creates the same file system with util-linux. The arguments are triples for mounts up to `--`, and then the command.
 * When the command starts, the old root is unmounted and the process has no capabilities, so the command cannot mount
 * it again.
 */
const PIVOT = `
set -eu
root=$1; cwd=$2; shift 2
mount -t tmpfs -o mode=0755,size=16m coffer "$root"
cd "$root"
mkdir -p tmp dev old
place() {
	if [ -e ".$2" ]; then return; fi
	if [ -d "$1" ]; then mkdir -p ".$2"; else mkdir -p ".\${2%/*}"; : > ".$2"; fi
}
while [ "$1" != -- ]; do
	if [ "$1" = empty ]; then mount -t tmpfs -o mode=0000,size=1m,ro coffer ".$3"; shift 3; continue; fi
	place "$2" "$3"
	mount --bind "$2" ".$3"
	if [ "$1" = read ]; then mount -o remount,bind,ro,nosuid ".$3"; fi
	shift 3
done
shift
for device in null zero full random urandom; do : > dev/$device; mount --bind /dev/$device dev/$device; done
mkdir proc
mount -t proc proc proc
pivot_root . old
cd /
umount -l /old
umount -l /proc
rmdir /old /proc
cd "$cwd"
exec setpriv --bounding-set=-all --inh-caps=-all --no-new-privs -- "$@"
`;

/** Runs a command in `build/src` under `unshare`. If the platform is not root, also in a user namespace. */
export function namespacesCommand(
	mounts: readonly Mount[],
	command: readonly string[],
	build: string,
): Wrapped {
	const triples = mounts.flatMap(({ source, target, writable }) =>
		source === undefined ? ["empty", "-", target] : [writable ? "write" : "read", source, target],
	);
	const user = process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"];
	const namespaces = [...user, "--mount", "--pid", "--ipc", "--uts", "--fork", "--kill-child"];
	const script = [
		"/bin/sh",
		"-c",
		PIVOT,
		"sh",
		`${build}/root`,
		`${INNER.build}/src`,
		...triples,
		"--",
		...command,
	];
	return { file: "unshare", args: [...namespaces, ...script] };
}
