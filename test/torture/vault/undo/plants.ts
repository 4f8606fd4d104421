/** Bugs that can be planted in the tested code. */
export const PLANTS = {
	silent: "a removal is forgotten without naming the member",
	all: "what is kept elsewhere is forgotten without a code",
	nowhere: "what a hint names changes nothing",
	overwrite: "a hint puts an older file in the place of what is only here",
};
