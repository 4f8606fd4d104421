// The bundle's replacement for `@oclif/core`: the definitions of flags and arguments that commands use. They
// make the same objects as oclif's own (test/scripts/oclif.test.ts compares them). The package's index loads
// all of oclif, which takes as long as reading a vault; `src/cli/run-with-oclif.ts` loads its parts when they
// are needed.

const parse = async (input) => input;

const option = (options = {}) => ({
	parse,
	...options,
	input: [],
	multiple: Boolean(options.multiple),
	type: "option",
});

async function parseInteger(input, _, { min, max }) {
	const number = /^-?\d+$/.test(input) ? Number.parseInt(input, 10) : undefined;
	const isAllowed = number !== undefined && !(number < min) && !(number > max);
	// The message is never shown: src/cli/shell/usage.ts writes its own.
	if (!isAllowed) throw new Error("The value is not a number that the flag takes.");
	return number;
}

export const Flags = {
	boolean: (options = {}) => ({ parse, ...options, allowNo: Boolean(options.allowNo), type: "boolean" }),
	integer: (options = {}) => option({ parse: parseInteger, ...options }),
	option: (options) => (more) => option({ ...options, ...more }),
	string: option,
};

export const Args = {
	string: (options = {}) => ({ parse, ...options, input: [], type: "option" }),
};
