/** Tries out whether processes can be put into groups: in containers the files are often there and not to be written. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { makeGroup, moveProcess, processesIn, removeGroup } from "./cgroup-files.ts";
import type { GroupTree } from "./process-groups.ts";

/** Puts a process that waits into a group such as a function's. @throws the file system's error, or one that says what did not work */
export async function probeGroups(tree: GroupTree): Promise<void> {
	const child = spawn("/bin/sh", ["-c", "read -r _"], { env: {}, stdio: ["pipe", "ignore", "ignore"] });
	child.stdin.on("error", () => {});
	const ended = once(child, "close");
	const app = join(tree.root, "trial");
	const folder = join(app, "process");
	try {
		await once(child, "spawn");
		const { pid = -1 } = child;
		await makeGroup(app, tree.ofApp);
		await makeGroup(folder, { ...tree.ofProcess, ...tree.ofMemory?.(64) });
		await moveProcess(folder, pid);
		if (!(await processesIn(folder)).includes(pid)) throw new Error(`${folder} does not take a process.`);
	} finally {
		// It ends where it is not killed, too.
		child.stdin.end();
		await removeGroup(app);
		await ended;
	}
}
