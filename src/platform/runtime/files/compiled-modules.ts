/**
 * What Deno compiles at the start of every function: its own modules for Node, and the host's. It is compiled once, by a
 * process without a function (`../host/warm-up.ts`), and each new Deno directory begins with a copy of it. Functions never
 * share a file with what they compiled themselves: one of them could put other code there.
 */
import { constants } from "node:fs";
import { chmod, chown, copyFile, mkdir, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand } from "../../machine/run-command.ts";
import type { User } from "../../machine/users.ts";
import { FIXED_FLAGS } from "../fixed-flags.ts";
import type { DriverDirectory } from "./driver-directory.ts";

/** The functions that start before anything is compiled for the others. With so few, it would take longer than it saves. */
const FUNCTIONS_BEFORE = 2;
const TIMEOUT_MS = 20_000;
const OUTPUT_BYTES_MAX = 4_096;

export class CompiledModules {
	readonly #directory: DriverDirectory;
	#functions = 0;
	#compiling: Promise<void> | undefined;
	/** Absolute paths. Empty until everything is compiled. */
	#files: readonly string[] = [];

	constructor(directory: DriverDirectory) {
		this.#directory = directory;
	}

	/** Creates a Deno directory that its user owns, with what is compiled by now. @throws the file system's error */
	async makeDenoDirectory(path: string, user: User | undefined): Promise<void> {
		await mkdir(path, { mode: 0o700 });
		if (this.#functions++ >= FUNCTIONS_BEFORE) this.#compiling ??= this.#compile().catch(() => {});
		for (const file of this.#files) {
			const copy = join(path, file.slice(file.lastIndexOf("/") + 1));
			await copyFile(file, copy, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
			await chmod(copy, 0o600);
			if (user !== undefined) await chown(copy, user.uid, user.gid);
		}
		// This is the last step: from then on the user can put other files into the folder.
		if (user !== undefined) await chown(path, user.uid, user.gid);
	}

	/** Resolves when nothing is being compiled. */
	async settled(): Promise<void> {
		await this.#compiling;
	}

	/** If it fails, functions compile everything themselves. */
	async #compile(): Promise<void> {
		const { binary, host, path, users } = this.#directory;
		const user = users?.reserve();
		const folder = join(path, "compiled");
		const denoDirectory = join(folder, "deno");
		await mkdir(denoDirectory, { mode: 0o700 });
		await chmod(folder, 0o700);
		if (user !== undefined) for (const each of [denoDirectory, folder]) await chown(each, user.uid, user.gid);
		const hostFolder = dirname(fileURLToPath(host));
		const permissions = [
			`--import-map=${join(hostFolder, "node", "import-map.json")}`,
			`--allow-read=${folder},${hostFolder}`,
			`--allow-write=${folder}`,
		];
		const program = join(hostFolder, "warm-up.js");
		const { code } = await runCommand(
			{
				file: binary,
				args: ["run", ...FIXED_FLAGS, "--allow-net", ...permissions, program, join(folder, "c")],
				environment: { DENO_DIR: denoDirectory, DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1", TMPDIR: folder },
				cwd: folder,
				...user,
			},
			{ timeoutMs: TIMEOUT_MS, outputBytesMax: OUTPUT_BYTES_MAX },
		);
		if (code !== 0) return;
		// Databases alone: their write-ahead logs are empty.
		const names = (await readdir(denoDirectory)).filter((name) => /^\w+_v\d+$/.test(name));
		this.#files = names.map((name) => join(denoDirectory, name));
	}
}
