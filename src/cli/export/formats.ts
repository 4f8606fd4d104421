/** The formats of `secrets export`: what each can carry, and how it is written. Pure, except for random delimiters. */
import { writeAssignment } from "../../dotenv/write.ts";
import { AppError, EXIT } from "../../errors.ts";
import type { ExportFormat, ExportOptions } from "./format.ts";
import { writeDocker, writeGithub, writeShell } from "./lines.ts";
import { requireManifestName, writeJson, writeKubernetes, writeYaml } from "./structured.ts";

function dotenvLine(name: string, value: string): string | undefined {
	return writeAssignment(name, value, { readers: "all" });
}

function dotenvRefusal(name: string, value: string): string | undefined {
	if (dotenvLine(name, value) !== undefined) return undefined;
	if (name === "__proto__") return "readers of the format drop this name";
	if (value.includes("\r")) return "it has a carriage return, which Node's reader drops";
	if (value.endsWith("\\")) return "it ends with a backslash, which would escape the closing quote";
	return "it has every kind of quote, and the format has no escape for one";
}

const dotenv: ExportFormat = {
	isRun: false,
	refusal: dotenvRefusal,
	write: (secrets) => [...secrets].map(([name, value]) => `${dotenvLine(name, value)}\n`).join(""),
};

export const FORMATS = {
	dotenv,
	json: { isRun: false, write: writeJson },
	yaml: { isRun: false, write: writeYaml },
	shell: writeShell,
	docker: writeDocker,
	k8s: {
		isRun: false,
		write: (secrets, options) => {
			requireManifestName(options);
			return writeKubernetes(secrets, options);
		},
	},
	github: writeGithub,
} as const satisfies Readonly<Record<string, ExportFormat>>;

export type FormatName = keyof typeof FORMATS;

export const FORMAT_NAMES = Object.keys(FORMATS) as FormatName[];

/**
 * Writes secrets in a format.
 * @param secrets values by name
 * @throws AppError `NOT_EXPORTABLE` (exit 2), which names each secret that the format cannot carry, and why; what the
 *   format throws
 */
export function writeExport(
	format: FormatName,
	secrets: ReadonlyMap<string, string>,
	options: ExportOptions,
): string {
	const chosen: ExportFormat = FORMATS[format];
	const refused = [...secrets].flatMap(([name, value]) => {
		const reason = chosen.refusal?.(name, value);
		return reason === undefined ? [] : [{ name, reason }];
	});
	if (refused.length === 0) return chosen.write(secrets, options);
	const reasons = refused.map(({ name, reason }) => `${name} (${reason})`).join(", ");
	throw new AppError({
		code: "NOT_EXPORTABLE",
		message: `Nothing was exported, because the format '${format}' cannot carry ${reasons}.`,
		hint: "Use --format json, which carries every value, or leave these secrets out.",
		exit: EXIT.usage,
		names: refused.map(({ name }) => name),
	});
}
