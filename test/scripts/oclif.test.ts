/** The definitions of flags and arguments in the bundle are those of oclif. */
import { Args, Flags } from "@oclif/core";
import { expect, test } from "vitest";
import { Args as BundledArgs, Flags as BundledFlags } from "../../scripts/bundle/oclif.mjs";

const OPTIONS = [
	{},
	{ description: "text", char: "e" as const, default: "x" },
	{ multiple: true, multipleNonGreedy: true },
	{ required: true, options: ["a", "b"] },
];

/** A definition with the source of each function left out. */
function plain(definition: object): unknown {
	return JSON.parse(
		JSON.stringify(definition, (_, value) => (typeof value === "function" ? "function" : value)),
	);
}

test.each(OPTIONS)("%o gives the same flags and arguments", (options) => {
	const rest = options as object;
	expect(plain(BundledFlags.string(rest))).toEqual(plain(Flags.string(rest as never)));
	expect(plain(BundledFlags.boolean(rest))).toEqual(plain(Flags.boolean(rest as never)));
	expect(plain(BundledFlags.integer(rest))).toEqual(plain(Flags.integer(rest as never)));
	expect(plain(BundledArgs.string(rest))).toEqual(plain(Args.string(rest as never)));
	const choices = { options: ["a", "b"] as const };
	expect(plain(BundledFlags.option(choices)(rest))).toEqual(plain(Flags.option(choices)(rest as never)));
});

test.each(["1", "50", "0", "51", "-3", "+3", "1.5", "", "x", "1e3", " 1", "١"])(
	"an integer flag accepts '%s' exactly if oclif's accepts it",
	async (input) => {
		const limits = { min: 1, max: 50 };
		const parsedBy = async (flag: { parse: unknown }) =>
			await (flag.parse as (...args: unknown[]) => Promise<unknown>)(input, {}, limits).catch(
				() => "refused",
			);
		expect(await parsedBy(BundledFlags.integer(limits))).toEqual(await parsedBy(Flags.integer(limits)));
	},
);
