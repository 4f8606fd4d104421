/**
 * Parses plain command lines as oclif's parser does: flags with one value, and words. It handles no faults and no rare
 * forms. For these, oclif's parser is loaded, which takes as long as a small command.
 */

/** The parts of oclif's flags and arguments that a plain command line may have. All others are left to oclif. */
interface Definition {
	readonly type?: string;
	readonly char?: string | undefined;
	readonly default?: unknown;
	readonly options?: readonly string[] | undefined;
	readonly multiple?: boolean | undefined;
	readonly multipleNonGreedy?: boolean | undefined;
	readonly required?: boolean | undefined;
	readonly parse?: ((input: never, context: never, definition: never) => Promise<unknown>) | undefined;
}

type Definitions = Readonly<Record<string, Definition>>;

/** What a command defines. */
export interface Shape {
	readonly args: Definitions;
	readonly flags: Definitions;
	/** Whether there may not be more words than arguments. */
	readonly strict: boolean;
}

/** The part of oclif's result that commands use. */
export interface PlainArguments {
	readonly args: Record<string, unknown>;
	readonly argv: string[];
	readonly flags: Record<string, unknown>;
	readonly metadata: { readonly flags: Record<string, { readonly setFromDefault: true }> };
	readonly raw: readonly { readonly type: "arg"; readonly input: string }[];
	readonly nonExistentFlags: readonly string[];
}

/** Rules about several flags, and other sources of a value. A flag with one of them is left to oclif. */
const RARE = [
	"aliases",
	"allowStdin",
	"charAliases",
	"atLeastOne",
	"combinable",
	"delimiter",
	"dependsOn",
	"deprecated",
	"env",
	"exactlyOne",
	"exclusive",
	"relationships",
] as const;

function isPlainFlag(flag: Definition): boolean {
	return !RARE.some((key) => key in flag) && (flag.multiple !== true || flag.multipleNonGreedy === true);
}

/** The words and the flags of a command line, before their values are checked; undefined if it is not plain. */
function split(argv: readonly string[], flags: Definitions) {
	const words: string[] = [];
	const given = new Map<string, string[]>();
	const left = [...argv];
	for (let word = left.shift(); word !== undefined; word = left.shift()) {
		if (!word.startsWith("-")) {
			words.push(word);
			continue;
		}
		const [, name, char, assigned] = /^(?:--([a-z][a-z0-9-]*)|-([A-Za-z]))(?:=(.+))?$/s.exec(word) ?? [];
		if (char !== undefined && assigned !== undefined) return undefined;
		const flagName =
			name ?? Object.keys(flags).find((key) => char !== undefined && flags[key]?.char === char);
		const flag = flagName !== undefined && Object.hasOwn(flags, flagName) ? flags[flagName] : undefined;
		if (flagName === undefined || flag === undefined || !isPlainFlag(flag)) return undefined;
		const isBoolean = flag.type === "boolean";
		const value = isBoolean || assigned !== undefined ? assigned : left.shift();
		const isValid = isBoolean ? assigned === undefined : value !== undefined && !value.startsWith("-");
		const known = given.get(flagName);
		if (!isValid || (known && flag.multiple !== true)) return undefined;
		given.set(flagName, [...(known ?? []), value ?? ""]);
	}
	return { words, given };
}

/** The value of one input. @throws NotPlain if it is none of the options */
async function readValue(definition: Definition, input: string | true, context: object): Promise<unknown> {
	if (definition.options && !definition.options.includes(String(input))) throw new NotPlain();
	if (definition.parse === undefined) return input;
	return await definition.parse(input as never, context as never, definition as never);
}

class NotPlain extends Error {}

async function flagsOf(
	given: ReadonlyMap<string, readonly string[]>,
	definitions: Definitions,
	context: object,
) {
	const flags: Record<string, unknown> = {};
	const metadata: Record<string, { readonly setFromDefault: true }> = {};
	for (const [name, definition] of Object.entries(definitions)) {
		const inputs = given.get(name);
		if (inputs === undefined) {
			const { default: preset } = definition;
			if (!isPlainFlag(definition) && "exactlyOne" in definition) throw new NotPlain();
			const value = typeof preset === "function" ? await preset({ flags, options: definition }) : preset;
			if (value === undefined && definition.required) throw new NotPlain();
			if (value !== undefined) flags[name] = value;
			metadata[name] = { setFromDefault: true };
		} else if (definition.type === "boolean") flags[name] = await readValue(definition, true, context);
		else {
			const values: unknown[] = [];
			for (const input of inputs) values.push(await readValue(definition, input, context));
			flags[name] = definition.multiple ? values : values[0];
		}
	}
	return { flags, metadata };
}

async function argsOf(words: readonly string[], { args: definitions, strict }: Shape, context: object) {
	const entries = Object.entries(definitions);
	if (strict && words.length > entries.length) throw new NotPlain();
	const args: Record<string, unknown> = {};
	for (const [index, [name, definition]] of entries.entries()) {
		const word = words[index];
		const isRare = definition.multiple === true || (word === undefined && definition.default !== undefined);
		if (isRare || (word === undefined && definition.required)) throw new NotPlain();
		if (word !== undefined) args[name] = await readValue(definition, word, context);
	}
	return args;
}

/**
 * Parses a command line.
 * @param context oclif's `context`, which is passed to the parsers of flags and arguments
 * @returns undefined if the command line has a fault or a rare form, which oclif's parser decides
 */
export async function parsePlainly(
	shape: Shape,
	argv: readonly string[],
	context: object,
): Promise<PlainArguments | undefined> {
	const parts = split(argv, shape.flags);
	if (parts === undefined) return undefined;
	try {
		const args = await argsOf(parts.words, shape, context);
		const { flags, metadata } = await flagsOf(parts.given, shape.flags, context);
		const raw = parts.words.map((input) => ({ type: "arg" as const, input }));
		return { args, argv: parts.words, flags, metadata: { flags: metadata }, raw, nonExistentFlags: [] };
	} catch {
		// oclif's parser finds the same fault and reports it.
		return undefined;
	}
}
