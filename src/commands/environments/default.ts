import { Args } from "@oclif/core";
import { type ChoiceSource, defaultEnvironment } from "../../cli/chosen-environment/choose.ts";
import { BaseCommand } from "../../cli/command.ts";
import { MARKS } from "../../cli/shell/render.ts";
import type { Terminal } from "../../cli/shell/terminal.ts";
import { cryptoReady } from "../../crypto.ts";
import { AppError, EXIT } from "../../errors.ts";
import { putDefaultEnvironment, readDefaultEnvironment } from "../../project/files/config.ts";
import { CONFIG_FILE, currentFolder, requireRoot } from "../../project/files/project-root.ts";
import { loadVault } from "../../project/files/vault-file.ts";
import { environmentNames } from "../../project/members/environments.ts";

interface DefaultResult {
	/** The environment that commands use here without `-e`. */
	environment: string;
	source: ChoiceSource;
	/** The project's default; null if coffer.json names none. */
	project: string | null;
	/** Whether coffer.json was changed. */
	changed: boolean;
}

const SOURCES: Readonly<Record<ChoiceSource, string>> = {
	flag: "from the flag",
	variable: "from COFFER_ENVIRONMENT",
	project: `from ${CONFIG_FILE}`,
	none: "the built-in default",
};

/** @throws AppError `ENVIRONMENT_NOT_FOUND` (exit 4) */
async function requireExisting(root: string, name: string): Promise<void> {
	const known = environmentNames((await loadVault(root)).document);
	if (known.includes(name)) return;
	throw new AppError({
		code: "ENVIRONMENT_NOT_FOUND",
		message: "This vault has no environment of that name. The default was not changed.",
		hint: `Existing environments: ${known.join(", ")}. To create another: coffer environments create NAME`,
		exit: EXIT.notFound,
	});
}

export default class EnvironmentsDefault extends BaseCommand<DefaultResult> {
	static override summary = "Show or set the environment that commands use without -e";
	static override description =
		"The default is stored in coffer.json, so everybody in the project shares it. COFFER_ENVIRONMENT overrides it, and -e overrides both. Without any of them, commands use production.";
	static override examples = [
		"<%= config.bin %> environments default",
		"<%= config.bin %> environments default staging",
	];
	static override args = {
		name: Args.string({
			name: "NAME",
			description: "the new default; without it, the command shows the current one",
		}),
	};

	protected async execute(): Promise<DefaultResult> {
		const { args } = await this.parse(EnvironmentsDefault);
		await cryptoReady;
		const root = requireRoot(currentFolder());
		const before = await readDefaultEnvironment(root);
		const { name } = args;
		if (name !== undefined) {
			await requireExisting(root, name);
			await putDefaultEnvironment(root, name);
		}
		const { name: environment, source } = await defaultEnvironment(this.environment);
		const changed = name !== undefined && name !== before;
		return { environment, source, project: name ?? before ?? null, changed };
	}

	protected render({ changed, environment, project, source }: DefaultResult, terminal: Terminal): void {
		if (changed)
			terminal.line(`${MARKS.ok} The project's default environment is '${project}'. Commit ${CONFIG_FILE}.`);
		if (!changed || source !== "project")
			terminal.line(`Commands use '${environment}' here (${SOURCES[source]}).`);
	}
}
