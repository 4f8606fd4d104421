/**
 * Shows that a second kind of target needs only one file. It defines a complete kind (a folder in which each
 * secret is a file) and the command that links it, and adds its line to the list of kinds. The kind passes
 * the contract without any other change.
 */
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Flags } from "@oclif/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BaseCommand, environmentFlag } from "../../../src/cli/command.ts";
import { openContext } from "../../../src/cli/context/open-project.ts";
import type { Terminal } from "../../../src/cli/shell/terminal.ts";
import { linkTarget, renderTargetLink, type TargetLinkResult } from "../../../src/cli/targets/link.ts";
import Init from "../../../src/commands/init.ts";
import SecretsSet from "../../../src/commands/secrets/set.ts";
import Status from "../../../src/commands/status.ts";
import Sync from "../../../src/commands/sync.ts";
import { AppError, EXIT } from "../../../src/errors.ts";
import type { TargetId } from "../../../src/project/memory/target-memory.ts";
import { TARGET_KINDS } from "../../../src/targets/kinds.ts";
import type { SecretTarget, TargetKind } from "../../../src/targets/target.ts";
import { CommandLine } from "./command-line.ts";
import { describeTarget } from "./contract.ts";

const APP_ID = /^[a-z]{1,20}$/;

function folderOf({ origin, app }: TargetId): string {
	return join(fileURLToPath(origin), app);
}

class Folder implements SecretTarget {
	readonly id: TargetId;

	constructor(id: TargetId) {
		this.id = id;
	}

	async list(): Promise<string[]> {
		return readdirSync(this.#folder);
	}

	async set(values: ReadonlyMap<string, string>): Promise<void> {
		for (const [name, value] of values) writeFileSync(join(this.#folder, name), value);
	}

	async delete(names: readonly string[]): Promise<void> {
		for (const name of names) rmSync(join(this.#folder, name), { force: true });
	}

	get #folder(): string {
		const folder = folderOf(this.id);
		if (existsSync(folder)) return folder;
		throw new AppError({
			code: "FOLDER_UNREACHABLE",
			message: `There is no folder ${folder}.`,
			hint: "Make it, then run 'coffer sync'.",
			exit: EXIT.network,
		});
	}
}

const FOLDER: TargetKind = {
	name: "folder",
	title: "the folder",
	noun: "app",
	batch: { set: 100, deleted: 100 },
	appId: APP_ID,
	linkCommand: ({ app, origin }) => `coffer link folder --url ${origin} --app ${app}`,
	identify: (url, app) => {
		if (url.startsWith("file:///") && APP_ID.test(app)) return { kind: FOLDER.name, origin: url, app };
		throw new AppError({ code: "FOLDER_INVALID", message: "No.", hint: "Give one.", exit: EXIT.usage });
	},
	connect: (id) => new Folder(id),
	calls: (id, { set, deleted }) =>
		[...set, ...deleted].flat().map((name) => ({ method: "write", url: folderOf(id), names: [name] })),
};

class LinkFolder extends BaseCommand<TargetLinkResult> {
	static override flags = {
		environment: environmentFlag,
		url: Flags.string({ required: true }),
		app: Flags.string({ required: true }),
	};

	protected async execute(): Promise<TargetLinkResult> {
		const { flags } = await this.parse(LinkFolder);
		const context = await openContext(this.environment, flags.environment, "edit");
		const id = FOLDER.identify(flags.url, flags.app);
		return linkTarget(context, id, { stdin: false, sync: true }, this.terminal);
	}

	protected render(result: TargetLinkResult, terminal: Terminal): void {
		renderTargetLink(result, terminal);
	}
}

// Other test files share this process and its list of kinds.
beforeAll(() => {
	TARGET_KINDS.set("folder", async () => FOLDER);
});
afterAll(() => {
	TARGET_KINDS.delete("folder");
});

describeTarget("a folder", async () => {
	const root = mkdtempSync(join(tmpdir(), "coffer-folder-"));
	const id = FOLDER.identify(pathToFileURL(root).href, "shop");
	const folder = folderOf(id);
	mkdirSync(folder);
	const remove = async () => rmSync(root, { recursive: true, force: true });
	return {
		kind: FOLDER,
		id,
		credential: undefined,
		link: [LinkFolder, "--url", id.origin, "--app", id.app],
		secrets: () =>
			new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "utf8")])),
		put: (name, value) =>
			value === undefined ? rmSync(join(folder, name)) : writeFileSync(join(folder, name), value),
		goAway: remove,
		[Symbol.asyncDispose]: remove,
	};
});

test("an unknown kind, and an app that its kind cannot have, are errors of coffer.json", async () => {
	using line = new CommandLine();
	await line.run(Init);
	await line.run(SecretsSet, "A=1");
	const { vault } = await line.json(Status);
	const link = { kind: "folder", url: "file:///tmp", app: "shop", vault };
	const write = (changed: object) =>
		line.write("coffer.json", JSON.stringify({ links: { production: { ...link, ...changed } } }));
	for (const [changed, said] of [
		[{ kind: "unheard-of" }, "links.production.kind: this version of Coffer has no target 'unheard-of'"],
		[{ app: "../other" }, "links.production.app: the folder has no app with such an id"],
	] as const) {
		write(changed);
		const { error } = await line.json(Sync);
		expect(error).toMatchObject({ code: "CONFIG_INVALID", exit: 2 });
		expect(error.message).toContain(said);
		expect(await line.json(Status)).toMatchObject({ linked: true, reachable: false, code: "CONFIG_INVALID" });
		expect(await line.json(SecretsSet, "A=2")).toMatchObject({ error: { code: "CONFIG_INVALID" } });
	}
});
