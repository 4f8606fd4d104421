/**
 * Shell scripts with which a function that has escaped from Deno's permissions attacks a sibling or the
 * platform, by name. `scriptsOf` fills in the placeholders.
 */
import { existsSync, readFileSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Instance } from "../../../../src/platform/runtime/runtime.ts";
import { ask, type Harness } from "../harness.ts";

/** Where control groups are mounted; the hierarchies of version 1 are folders in it. */
const GROUPS = "/sys/fs/cgroup";

/** Attacks on a sibling. Each works if the sibling's own user runs it. */
export const ON_SIBLING: [string, string][] = [
	["reading its temporary folder", 'ls "$TEMPORARY"'],
	["writing there", ': > "$TEMPORARY/x"'],
	["reading its bundle", 'cat "$BUNDLE"'],
	["reading its main module", 'cat "$FOLDER/main.js"'],
	["reading what Deno keeps for it", 'ls "$FOLDER/deno"'],
	["reading its environment", "cat /proc/$PID/environ"],
	["reading its memory's layout", "cat /proc/$PID/maps > /dev/null"],
	["seeing its open files", "ls /proc/$PID/fd/"],
	["opening its memory", "exec 3< /proc/$PID/mem"],
	["signalling it", "kill -0 $PID"],
	["making it slower", "renice -n 19 -p $PID"],
	["making it wait for disks", "ionice -c 3 -p $PID"],
	["stopping it", "kill -STOP $PID && kill -CONT $PID"],
	["ending it by a signal that it ignores", "kill -INT $PID"],
	["asking for its limits", "prlimit --pid $PID --nofile > /dev/null"],
	["choosing its processors", "taskset -p $(taskset -p $PID | sed 's/.*: //') $PID > /dev/null"],
	["seeing where it works", "readlink /proc/$PID/cwd > /dev/null"],
	["seeing its program", "readlink /proc/$PID/exe > /dev/null"],
	["seeing its files as it sees them", "ls /proc/$PID/root/ > /dev/null"],
	["seeing its network", "readlink /proc/$PID/ns/net > /dev/null"],
	["connecting to its socket", 'test -w "$SOCKET"'],
	["removing its socket", 'mv "$SOCKET" "$SOCKET.x" && mv "$SOCKET.x" "$SOCKET"'],
	["writing to what Deno keeps for it", ': > "$FOLDER/deno/x" && rm "$FOLDER/deno/x"'],
];

/** Attacks on the platform. Each works if root runs it. */
export const ON_PLATFORM: [string, string][] = [
	["its environment", `cat /proc/${process.pid}/environ`],
	["its memory", `exec 3< /proc/${process.pid}/mem`],
	["signals to it", `kill -0 ${process.pid}`],
	["a list of its folder", 'ls "$DIRECTORY"'],
	["a list of the bundles", 'ls "$DIRECTORY/bundles"'],
	["a list of the instances", 'ls "$DIRECTORY/i"'],
	["a file among the bundles", ': > "$DIRECTORY/bundles/x" && rm "$DIRECTORY/bundles/x"'],
	["another main module", 'touch "$DIRECTORY"/functions/*/main.js'],
	["another host", 'touch "$DIRECTORY/host/main.js"'],
	["what Deno compiled for all functions", 'ls "$DIRECTORY/compiled"'],
	["a file in its own instance's folder", ': > "$OWN/x" && rm "$OWN/x"'],
	["a name in the place of the platform's for its socket", 'mv "$OWN/s" "$OWN/t" && mv "$OWN/t" "$OWN/s"'],
	["a link among the instances", 'ln -s /tmp "$DIRECTORY/i/x" && rm "$DIRECTORY/i/x"'],
	["the owner of the host", 'chown root "$DIRECTORY/host/main.js"'],
	["the rights of the host", 'chmod 444 "$DIRECTORY/host/main.js"'],
	["the bundles of others", 'cat "$DIRECTORY"/bundles/*.js > /dev/null'],
	["the egress proxy's folder", 'ls "$DIRECTORY/egress"'],
	["the view of the files that it gives", 'cat "$DIRECTORY"/egress/mounts-* > /dev/null'],
	["the way into a function's network", "/usr/bin/nsenter --net=/proc/$OWN_PID/ns/net true"],
	["mounts", "unshare --mount true"],
	["networks", "unshare --net true"],
	["the packet filter", "PATH=$PATH:/usr/sbin:/sbin nft list ruleset > /dev/null"],
	["users", "setpriv --reuid=0 true"],
	["a higher priority", "renice -n -1 -p $OWN_PID && renice -n 5 -p $OWN_PID"],
];

/** Attacks on the control groups of functions, if there are any. Each works if root runs it. */
export const ON_GROUPS: [string, string][] = [
	["leaving its group", "for file in $ABOVE; do echo $$ > $file || exit 1; done"],
	["joining a sibling's group", "for file in $SIBLING_GROUPS; do echo $$ > $file || exit 1; done"],
	[
		"changing what it may take",
		"for file in $BOUNDS; do bound=$(cat $file) && echo $bound > $file || exit 1; done",
	],
	[
		"making a group in its own",
		"for file in $OWN_GROUPS; do mkdir ${file%/*}/x && rmdir ${file%/*}/x || exit 1; done",
	],
];

/** The `cgroup.procs` files of the groups into which the platform has put a process. */
function groupsOf(pid: number): string[] {
	const lines = readFileSync(`/proc/${pid}/cgroup`, "latin1").trim().split("\n");
	return lines.flatMap((line) => {
		const [, controllers = "", path = ""] = line.split(":");
		const file = join(GROUPS, controllers, path, "cgroup.procs");
		return path.includes("coffer-") && existsSync(file) ? [file] : [];
	});
}

const BOUNDS = ["cpu.shares", "cpu.weight", "pids.max", "memory.max"];

/**
 * Fills in the placeholders. @param own the attacking function @param sibling the attacked function, which
 * responds with its temporary folder
 */
export async function scriptsOf(
	{ directory }: Pick<Harness, "directory">,
	own: Instance,
	sibling: Instance,
): Promise<(script: string) => string> {
	const temporary = (await ask(sibling.socketPath)).body.replace("hello ", "");
	const { gid } = await stat(dirname(temporary));
	const ofSibling = async (folder: string) => {
		for (const name of await readdir(folder))
			if ((await stat(join(folder, name))).gid === gid) return join(folder, name);
		throw new Error("There is none.");
	};
	const [bundle, folder] = [
		await ofSibling(join(directory, "bundles")),
		await ofSibling(join(directory, "functions")),
	];
	const [ownGroups, siblingGroups] = [groupsOf(own.pid), groupsOf(sibling.pid)];
	const above = ownGroups.map((file) => join(dirname(dirname(file)), "cgroup.procs"));
	const bounds = ownGroups.flatMap((file) => BOUNDS.map((name) => join(dirname(file), name)));
	const values: [string, string][] = [
		["$TEMPORARY", temporary],
		["$BUNDLE", bundle],
		["$FOLDER", folder],
		["$SOCKET", join(dirname(temporary), "s")],
		["$SIBLING_GROUPS", siblingGroups.join(" ")],
		["$OWN_GROUPS", ownGroups.join(" ")],
		["$ABOVE", above.join(" ")],
		["$BOUNDS", bounds.filter(existsSync).join(" ")],
		["$OWN_PID", String(own.pid)],
		["$PID", String(sibling.pid)],
		["$DIRECTORY", directory],
		["$OWN", dirname(own.socketPath)],
	];
	return (script) => values.reduce((text, [name, value]) => text.replaceAll(name, value), script);
}
