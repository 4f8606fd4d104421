/** A machine whose vault one command changes. Its files can be restored any number of times. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setSecrets } from "../../../../src/project/secrets/edit-secrets.ts";
import { parseVault } from "../../../../src/vault/document/format.ts";
import { contextOf } from "../../../project/project.ts";
import type { Result } from "../../../stories/support/process.ts";
import { Project } from "../../../stories/support/project.ts";
import { filesBelow } from "../../../support/files-below.ts";
import { formsOf } from "../../../support/values/forms.ts";
import { alice, openEverything, VaultMaker } from "../../../vault/maker.ts";

/** The value that a command sets. It must be in the vault, encrypted, and nowhere else. */
export const CANARY = "cAnary+fault/1 é&xyzzy-0001";
const FORMS = formsOf(CANARY).map((form) => Buffer.from(form));
const IDENTITY = `coffer-identity-1.${Buffer.alloc(32, 1).toString("base64url")}`;

/** The error codes that say that the vault is unchanged, and those that say that it is written. */
const UNWRITTEN = ["FILE_UNWRITABLE", "VAULT_LOCK_FAILED"];
const WRITTEN = ["FILE_UNSYNCED", "MEMORY_FAILED"];

export type VaultState = "old" | "new" | "torn";

export class Machine implements AsyncDisposable {
	readonly project: Project;
	#old: readonly { path: string; bytes: Uint8Array }[] = [];
	/** A temporary file of an earlier crash. */
	readonly #leftovers: readonly string[];

	private constructor(project: Project, leftovers: readonly string[]) {
		this.project = project;
		this.#leftovers = leftovers;
	}

	/**
	 * @param kind `known`: commands have run, and one was killed. `fresh`: the device sees the vault for the
	 * first time
	 */
	static async create(kind: "known" | "fresh", preload: string, plant = ""): Promise<Machine> {
		const project = new Project({ identity: IDENTITY, env: { NODE_OPTIONS: `--require ${preload}` } });
		const machine = new Machine(project, kind === "known" ? [".coffer.vault.AAAA.tmp"] : []);
		const maker = new VaultMaker();
		for (let number = 0; number < 20; number++) maker.set(`NAME_${number}`, `value ${number}`);
		project.vault = maker.text;
		if (kind === "known") await project.ok(["secrets", "list"]);
		machine.#old = filesBelow(project.machine);
		project.variables["PLANT"] = plant;
		return machine;
	}

	/** The command whose steps fail. */
	readonly command: readonly string[] = ["secrets", "set", `CANARY=${CANARY}`, "--json"];

	/** Restores every file, and the temporary file of the earlier crash. */
	restore(): void {
		for (const folder of ["state", "tmp", "project", "home"]) {
			const path = join(this.project.machine, folder);
			rmSync(path, { recursive: true, force: true });
			mkdirSync(path);
		}
		for (const { path, bytes } of this.#old) {
			mkdirSync(dirname(path), { recursive: true });
			writeFileSync(path, bytes, { mode: 0o600 });
		}
		for (const name of this.#leftovers) this.project.write(name, this.project.vault.slice(0, 1_000));
	}

	/** Whether the vault is byte for byte unchanged, or contains the new value and all old ones. */
	vaultState(): VaultState {
		const text = this.project.vault;
		const path = join(this.project.root, "coffer.vault");
		if (this.#old.some((file) => file.path === path && Buffer.from(file.bytes).equals(Buffer.from(text))))
			return "old";
		try {
			const values = openEverything(parseVault(text), alice);
			return values.size === 21 && values.get("production/CANARY") === CANARY ? "new" : "torn";
		} catch {
			return "torn";
		}
	}

	/** Files that contain the value in any form. */
	plaintext(): string[] {
		return filesBelow(this.project.machine)
			.filter(({ bytes }) => FORMS.some((form) => bytes.includes(form)))
			.map(({ path }) => path.slice(this.project.machine.length));
	}

	/**
	 * Temporary files.
	 * @param result the result of a command. Without the lock, a command may not remove temporary files,
	 * because they could belong to another process
	 */
	leftovers(result?: Result): string[] {
		const isUnlocked = result?.status === 1 && result.error().code === "VAULT_LOCK_FAILED";
		const old = isUnlocked ? this.#leftovers.map((name) => join("project", name)) : [];
		return readdirSync(this.project.machine, { recursive: true, encoding: "utf8" })
			.filter((path) => /\.tmp$|-journal$/.test(path) && !old.includes(path))
			.map((path) => `${path} is left.`);
	}

	/** The fault in a command's result, given the state of the vault. */
	findUntruths({ status, stderr, stdout }: Result, vaultState: VaultState): string[] {
		if (status === 0) return vaultState === "new" ? [] : ["It succeeded, and the vault is not written."];
		if (status !== 1 || stdout !== "") return [`It ended with status ${status}.`];
		const { code, exit, message, hint } = JSON.parse(stderr).error;
		if (exit !== 1 || !message || !hint) return [`Its error is no whole one: ${code}`];
		const true_ = vaultState === "new" ? WRITTEN : UNWRITTEN;
		return true_.includes(code) ? [] : [`It said ${code}, and the vault is ${vaultState}.`];
	}

	/** The next command works, and removes the temporary files of the one before. */
	async next(vaultState: VaultState): Promise<string[]> {
		const context = contextOf(this.project.root, join(this.project.machine, "state/coffer"));
		await setSecrets(context, new Map([["NEXT", "next"]]));
		const values = openEverything(parseVault(this.project.vault), alice);
		const wrong = [...this.leftovers(), ...this.plaintext()].map((what) => `After the next command: ${what}`);
		if (values.size !== (vaultState === "new" ? 22 : 21)) wrong.push("The next command lost a value.");
		return wrong;
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.project[Symbol.asyncDispose]();
	}
}
