import { join, relative } from "node:path";
import { Flags } from "@oclif/core";
import { BaseCommand } from "../cli/command.ts";
import { requireEnvironmentName } from "../cli/context/open-project.ts";
import {
	DECLARATION_FILE,
	readDeclarations,
	refuseStale,
	requireDeclarationPath,
	writeDeclarations,
} from "../cli/declarations/declaration-file.ts";
import { declarationText, kindOf, type NameKind } from "../cli/declarations/declaration-text.ts";
import { count, MARKS } from "../cli/shell/render.ts";
import type { Terminal } from "../cli/shell/terminal.ts";
import { printable } from "../printable.ts";
import { currentFolder, requireRoot } from "../project/files/project-root.ts";
import { type DeclaredNames, declaredNames } from "../project/secrets/declared-names.ts";

interface TypesResult {
	file: string;
	environments: readonly string[];
	/** Names that every one of the environments has. */
	always: readonly string[];
	/** Names that only some of them have. */
	sometimes: readonly string[];
	/** Names that none of them has any more. */
	deleted: readonly string[];
	/** Whether the file was written; false if it has this text already. */
	written: boolean;
}

function namesOf({ names }: DeclaredNames, kind: NameKind): string[] {
	return names.filter((declared) => kindOf(declared) === kind).map(({ name }) => name);
}

export default class Types extends BaseCommand<TypesResult> {
	static override summary = "Write a TypeScript declaration file with the names of the secrets";
	static override description =
		'With the file, Deno.env.get and process.env know the names of the vault: an editor completes them, and a name that every environment has is a string. A name that only some environments have may be undefined, as every unknown name. A name that was deleted everywhere is marked as deprecated. The file has names only, and no value; commit it. The command needs no identity.\n\nFor Deno, name the file in deno.json: {"compilerOptions": {"types": ["./coffer-env.d.ts"]}}. TypeScript finds it in a project\'s folder by itself, if tsconfig.json does not exclude it.\n\nWith --check, nothing is written: the command fails if the file is not what it would write.';
	static override examples = [
		"<%= config.bin %> types",
		"<%= config.bin %> types --environment production --out types/secrets.d.ts",
		"<%= config.bin %> types --check",
	];
	static override flags = {
		environment: Flags.string({
			char: "e",
			description: "count only this environment (repeatable); defaults to all environments of the vault",
			multiple: true,
			multipleNonGreedy: true,
			helpValue: "NAME",
		}),
		out: Flags.string({
			description: `the file to write; defaults to ${DECLARATION_FILE} beside the vault`,
			helpValue: "FILE",
		}),
		check: Flags.boolean({ description: "write nothing, and fail if the file is missing or stale" }),
	};

	protected async execute(): Promise<TypesResult> {
		const { flags } = await this.parse(Types);
		const chosen = flags.environment ?? [];
		for (const name of chosen) requireEnvironmentName(name);
		if (flags.out !== undefined) requireDeclarationPath(flags.out);
		const root = requireRoot(currentFolder());
		const path = flags.out ?? join(root, DECLARATION_FILE);
		const shown = flags.out ?? (relative(currentFolder(), path) || path);
		const declared = await declaredNames(root, chosen);
		const text = declarationText(declared, chosen);
		const present = await readDeclarations(path);
		if (flags.check && present !== text) refuseStale(shown, present === undefined);
		if (present !== text) await writeDeclarations(path, text);
		return {
			file: shown,
			environments: declared.environments,
			always: namesOf(declared, "always"),
			sometimes: namesOf(declared, "sometimes"),
			deleted: namesOf(declared, "deleted"),
			written: present !== text,
		};
	}

	protected render({ always, file, sometimes, written }: TypesResult, terminal: Terminal): void {
		const names = count(always.length + sometimes.length, "name");
		const shown = printable(file, 200);
		terminal.line(
			written
				? `${MARKS.ok} Wrote ${names} to ${shown}`
				: `${MARKS.ok} ${shown} has the ${names} of the vault`,
		);
	}
}
