/**
 * `docs/commands.md`: the reference of all commands, made from the manifest, in the words of `--help`.
 * `manifest.mjs` writes and checks it together with the manifest.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../fresh.mjs";
import { COMMON_STATUSES, statusesOf } from "./exit-statuses.mjs";

const WIDTH = 110;
const GENERAL = "project";

/** @returns the text in lines of at most WIDTH columns; the second line and all later ones begin with `indent` */
function wrap(text, indent = "") {
	const lines = [];
	let line = "";
	for (const word of text.split(/\s+/).filter(Boolean)) {
		if (line.trim() !== "" && line.length + 1 + word.length > WIDTH) {
			lines.push(line);
			line = indent + word;
		} else {
			line += line.trim() === "" ? word : ` ${word}`;
		}
	}
	return [...lines, line].join("\n");
}

/** Text of the help as Markdown, with Markdown's special characters escaped. */
function escapeMarkdown(text) {
	return text.replace(/[\\*<>[\]|`]/g, "\\$&").replace(/(?<!\w)_|_(?!\w)/g, "\\_");
}

function words(id) {
	return `coffer ${id.replaceAll(":", " ")}`;
}

/** The anchor that GitHub gives to a heading. */
function anchor(heading) {
	return heading.toLowerCase().replaceAll(" ", "-");
}

function placeholder(name, { required, options }, isMany) {
	const word = options ? options.join("|") : name.toUpperCase();
	return required ? `${word}${isMany ? "..." : ""}` : `[${word}${isMany ? "..." : ""}]`;
}

function flagWord(name, flag) {
	const value =
		flag.type === "boolean" ? "" : ` ${flag.helpValue ?? flag.options?.join("|") ?? name.toUpperCase()}`;
	return `${flag.char ? `-${flag.char}, ` : ""}--${name}${value}`;
}

/** The usage as one line. @param command as the manifest has it */
function usageOf({ id, usage, args = {}, flags = {}, strict }) {
	if (usage) return `coffer ${usage}`;
	const named = Object.entries(args).map(([name, arg]) => placeholder(name, arg, !strict));
	const flagged = Object.entries(flags).map(([name, flag]) => {
		const word = flagWord(name, { ...flag, char: undefined });
		return `${flag.required ? word : `[${word}]`}${flag.multiple ? "..." : ""}`;
	});
	return [words(id), ...named, ...flagged].join(" ");
}

/** Wraps a usage between its parts: `[--json]`, `--app APP`. */
function wrapUsage(text) {
	const parts = text.match(/\[[^\]]*\](?:\.\.\.)?|--\S+ [A-Z]\S*|\S+/g) ?? [];
	const lines = [""];
	for (const part of parts) {
		const line = lines.at(-1) ?? "";
		if (line.length + 1 + part.length > WIDTH) lines.push(`    ${part}`);
		else lines[lines.length - 1] = line === "" ? part : `${line} ${part}`;
	}
	return lines.join("\n");
}

/** A command line for a shell. If it is too long, it continues on the next line before a flag. */
function wrapExample(text, indent = "") {
	const line = indent + text;
	if (line.length <= WIDTH) return line;
	const end = line.lastIndexOf(" --", WIDTH - " \\".length);
	if (end <= indent.length) return line;
	return `${line.slice(0, end)} \\\n${wrapExample(line.slice(end + 1), "    ")}`;
}

function table(titles, rows) {
	if (rows.length === 0) return [];
	const line = (cells) => `| ${cells.join(" | ")} |`;
	return [[line(titles), line(titles.map(() => "---")), ...rows.map(line)].join("\n")];
}

/** The parts of a flag's or an argument's definition other than its description, as the ends of sentences. */
function conditions({ options, default: value, required, multiple, dependsOn, exclusive }, isArgument) {
	const names = (list) => list.map((name) => `\`--${name}\``).join(", ");
	return [
		options && !isArgument ? `one of ${options.map((option) => `\`${option}\``).join(", ")}` : "",
		value === undefined ? "" : `default: \`${value}\``,
		required && !isArgument ? "required" : "",
		multiple ? "can be given more than once" : "",
		dependsOn ? `only with ${names(dependsOn)}` : "",
		exclusive ? `not with ${names(exclusive)}` : "",
	].filter(Boolean);
}

function describe(definition, isArgument = false) {
	const said = escapeMarkdown(definition.description ?? "").replace(" (repeatable)", "");
	return [said, ...conditions(definition, isArgument)].join("; ");
}

function statusRows(id) {
	return Object.entries(statusesOf(id)).map(([status, meaning]) => [status, meaning]);
}

function section(command, aliases) {
	const { id, summary, description, args = {}, flags = {}, examples = [] } = command;
	const { json: _, ...own } = flags;
	const typed = examples.map((example) => wrapExample(example.replaceAll("<%= config.bin %>", "coffer")));
	const statuses = statusRows(id);
	return [
		`### ${words(id)}`,
		wrap(`${escapeMarkdown(summary)}.`),
		`\`\`\`\n${wrapUsage(usageOf(command))}\n\`\`\``,
		...(description ? [wrap(escapeMarkdown(description))] : []),
		...table(
			["argument", "what it is"],
			Object.entries(args).map(([name, arg]) => [`\`${name.toUpperCase()}\``, describe(arg, true)]),
		),
		...table(
			["flag", "what it does"],
			Object.entries(own).map(([name, flag]) => [
				`\`${flagWord(name, flag).replaceAll("|", "\\|")}\``,
				describe(flag),
			]),
		),
		...(typed.length > 0 ? [`\`\`\`sh\n${typed.join("\n")}\n\`\`\``] : []),
		...table(["exit status", "when"], statuses),
		...(aliases.length > 0
			? [wrap(`Other words for it: ${aliases.map((alias) => `\`coffer ${alias}\``).join(", ")}.`)]
			: []),
	].join("\n\n");
}

const INTRODUCTION = `# Commands

<!-- Written by scripts/generate/manifest.mjs from the commands. \`npm run build\` writes it again. -->

${wrap("This page lists every command with its usage, arguments, flags, examples and exit statuses. It has the words of `coffer COMMAND --help`.")}

- ${wrap('Every command takes `--help` and `--json`. With `--json` it prints one document to standard output. If it fails, it prints `{"error": {"code", "message", "hint", "exit"}}` to standard error, with `line` or `names` (the secrets that the message lists) where there are any.', "  ")}
- ${wrap("Every command that touches secrets takes `-e, --environment NAME`. Without the flag it uses `COFFER_ENVIRONMENT`, then the default in `coffer.json`, then `production`.", "  ")}
- ${wrap("`--json` and `-e NAME` can also stand before the command: `coffer -e preview secrets list`.", "  ")}
- ${wrap("Some words of other tools work too, such as `coffer secrets rm`, `coffer env ls` and `coffer exec`.", "  ")}`;

function statusSection() {
	const rows = Object.entries(COMMON_STATUSES);
	return [
		"## Exit statuses",
		wrap("These hold for every command. A command's own table says what a status means there in particular."),
		...table(["exit status", "meaning"], rows),
	].join("\n\n");
}

/** Aliases of commands, from the program's own source file, which imports nothing. */
async function readAliases() {
	const { transform } = await import("esbuild");
	const source = readFileSync(join(ROOT, "src/cli/command-words/aliases.ts"), "utf8");
	const { code } = await transform(source, { loader: "ts", format: "esm" });
	const { aliasesOf } = await import(`data:text/javascript;base64,${Buffer.from(code).toString("base64")}`);
	return (id) => aliasesOf(id).map((alias) => alias.replaceAll(":", " "));
}

function byTopic(commands, topics) {
	const groups = new Map([[GENERAL, []]]);
	for (const command of commands) {
		const first = command.id.split(":")[0];
		const topic = first in topics ? first : GENERAL;
		groups.set(topic, [...(groups.get(topic) ?? []), command]);
	}
	return [...groups];
}

/**
 * The page's text.
 * @param manifest the parsed oclif.manifest.json
 * @param topics of package.json, by id, each with a description
 */
export async function generateCommandsPage(manifest, topics) {
	const aliasesOf = await readAliases();
	const shown = Object.values(manifest.commands).filter(({ hidden }) => !hidden);
	const groups = byTopic(shown, topics);
	const contents = groups.map(([topic, commands]) => {
		const links = commands.map(({ id }) => {
			const label = topic === GENERAL ? id : id.slice(topic.length + 1);
			return `[${label.replaceAll(":", " ")}](#${anchor(words(id))})`;
		});
		return `| [${topic}](#${topic}) | ${links.join(", ")} |`;
	});
	const described = { ...topics, [GENERAL]: { description: "Work with the project as a whole" } };
	return `${[
		INTRODUCTION,
		["| topic | commands |", "| --- | --- |", ...contents].join("\n"),
		statusSection(),
		...groups.flatMap(([topic, commands]) => [
			`## ${topic}\n\n${described[topic].description}.`,
			...commands.map((command) => section(command, aliasesOf(command.id))),
		]),
	].join("\n\n")}\n`;
}
