/** The kinds of files that `coffer import` reads, and how it recognises them. */
import { basename } from "node:path";

export const KINDS = [
	"dotenv",
	"json",
	"yaml",
	"dotenvx",
	"sops",
	"infisical",
	"doppler",
	"1password",
	"vercel",
	"wrangler",
	"supabase",
] as const;

export type Kind = (typeof KINDS)[number];

/** How a text is written, which is independent of the tool that wrote it. */
export type Form = "env" | "json" | "yaml";

/** The form of a text, by the file's name and by its first characters. */
export function formOf(path: string, text: string): Form {
	if (/\.ya?ml$/i.test(path)) return "yaml";
	if (/\.json$/i.test(path)) return "json";
	if (/^\ufeff?\s*[{[]/.test(text)) return "json";
	// A line of YAML has a space after its colon, and a `.env` file a sign in each line.
	const first = text.split(/\r\n?|\n/, 200).find((line) => !/^\s*(?:#|$)/.test(line)) ?? "";
	return /^(?:---\s*$|[\w"'.-]+:(?:\s|$))/.test(first) && !/^[\w.-]+\s*=/.test(first) ? "yaml" : "env";
}

/** The kind of a file without `--from`. */
export function guessKind(path: string, text: string): Kind {
	const form = formOf(path, text);
	if (form === "json" && /"sops"\s*:\s*\{/.test(text)) return "sops";
	if (form === "yaml" && /^sops:\s*$/m.test(text)) return "sops";
	if (form === "json" && /^\ufeff?\s*\[/.test(text) && /"(?:secretKey|key)"\s*:/.test(text))
		return "infisical";
	if (form === "json" && /"fields"\s*:\s*\[/.test(text)) return "1password";
	if (form !== "env") return form;
	if (/^sops_(?:version|mac)=/m.test(text)) return "sops";
	if (/^(?:export )?DOTENV_PUBLIC_KEY\w*=|=\s*["']?encrypted:/m.test(text)) return "dotenvx";
	if (/=\s*["']?op:\/\//m.test(text)) return "1password";
	if (/^# Created by Vercel CLI/m.test(text)) return "vercel";
	if (/^\.dev\.vars/.test(basename(path))) return "wrangler";
	if (/(?:^|[\\/])supabase[\\/]functions[\\/]\.env[\w.-]*$/.test(path)) return "supabase";
	return "dotenv";
}
