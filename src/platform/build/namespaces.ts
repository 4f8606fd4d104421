/**
 * The commands that run a build's process with a separate file system. Pure, except that it checks which folders exist.
 */
import { existsSync, realpathSync, statSync } from "node:fs";
import { dirname, sep } from "node:path";
import { escapeField } from "../machine/fstab.ts";
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

/** Devices that a build may use. */
const DEVICES = ["null", "zero", "full", "random", "urandom"].map((name) => `/dev/${name}`);

/** Quotes a text for the shell. */
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * A table of all mounts, in the format of fstab(5).
 * @param keepsOptions whether a bind mount keeps all options of its source for now, and becomes read-only later
 */
function mountTable(mounts: readonly Mount[], root: string, keepsOptions: boolean): string {
	const rows = mounts.map(({ source, target, writable }) => {
		if (source === undefined) return ["coffer", target, "tmpfs", "mode=0000,size=1m,ro"];
		return [source, target, "none", writable || keepsOptions ? "bind" : "bind,ro,nosuid,nodev"];
	});
	rows.push(...DEVICES.map((device) => [device, device, "none", "bind"]), [
		"proc",
		"/proc",
		"proc",
		"defaults",
	]);
	return rows
		.map(([source = "", target = "", ...rest]) => [escapeField(source), escapeField(root + target), ...rest])
		.map((fields) => `${fields.join(" ")} 0 0\n`)
		.join("");
}

/**
 * A script that creates the same file system with util-linux, in as few processes as possible: a start of `mount` takes
 * longer than its mount. When the command starts, the old root is unmounted and the process has no capabilities, so the
 * command cannot mount it again.
 * @param inUserNamespace whether the options of existing mounts are fixed. Then only `mount -o remount` keeps them
 */
function pivotScript(mounts: readonly Mount[], root: string, inUserNamespace: boolean): string {
	const bound = mounts.filter((mount): mount is Mount & { source: string } => mount.source !== undefined);
	const isFolder = ({ source }: { source: string }) => statSync(source).isDirectory();
	const files = [...bound.filter((mount) => !isFolder(mount)).map(({ target }) => target), ...DEVICES];
	const folders = [
		...bound.filter(isFolder).map(({ target }) => target),
		...files.map((file) => dirname(file)),
	];
	const inRoot = (path: string) => quoted(`.${path}`);
	const remounted = inUserNamespace ? bound.filter(({ writable }) => !writable) : [];
	return `
set -eu
mount -t tmpfs -o mode=0755,size=16m coffer ${quoted(root)}
cd ${quoted(root)}
mkdir -p tmp old proc ${[...new Set(folders)].map(inRoot).join(" ")}
for file in ${files.map(inRoot).join(" ")}; do : > "$file"; done
printf %s ${quoted(mountTable(mounts, root, inUserNamespace))} > mounts
mount -a -T ${quoted(`${root}/mounts`)}
${remounted.map(({ target }) => `mount -o remount,bind,ro,nosuid ${inRoot(target)}`).join("\n")}
pivot_root . old
cd /
umount -l /old /proc
rm -d /mounts /old /proc
cd ${quoted(`${INNER.build}/src`)}
exec setpriv --bounding-set=-all --inh-caps=-all --no-new-privs -- "$@"
`;
}

/** Runs a command in `build/src` under `unshare`. If the platform is not root, also in a user namespace. */
export function namespacesCommand(
	mounts: readonly Mount[],
	command: readonly string[],
	build: string,
): Wrapped {
	const inUserNamespace = process.getuid?.() !== 0;
	const user = inUserNamespace ? ["--user", "--map-root-user"] : [];
	const namespaces = [...user, "--mount", "--pid", "--ipc", "--uts", "--fork", "--kill-child"];
	const script = pivotScript(mounts, `${build}/root`, inUserNamespace);
	return { file: "unshare", args: [...namespaces, "/bin/sh", "-c", script, "sh", ...command] };
}
