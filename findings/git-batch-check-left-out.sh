#!/bin/sh
# `git cat-file --batch-check` ends at the first object that a partial clone left out, also with GIT_NO_LAZY_FETCH=1.
#
# Version: git 2.39.5 (Debian 12, git 1:2.39.5-0+deb12u3).
# Behaviour: for an object that is nowhere, the command prints `NAME missing` and goes on with the next line. For one that a
#   partial clone left out, and that git may not or cannot fetch, it ends with status 128. It gives no answer for this name
#   and for all later ones, and does not say which name it was.
# Reason: git fetches such an object where it is needed. If that fails, the fetch ends the process.
# Expected: `NAME missing`, or another word, as for every object that is not there. The variable's purpose is to leave such
#   objects alone, and the batch exists so that one process answers for thousands of names.
# Affected: programs that search the history of a clone made with --filter, as CI systems make them, without the network.
#
# Run without Coffer, on valid input. Exit status 0: the behaviour is as stated. 1: it has changed. GIT names another
# program than that of the package above, which Debian 12 provides.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
if [ -z "${GIT:-}" ]; then
	apt-get download -q=3 git=1:2.39.5-0+deb12u3
	dpkg-deb --extract ./*.deb .
	GIT=$folder/usr/bin/git
	export GIT_EXEC_PATH="$folder/usr/lib/git-core" GIT_TEMPLATE_DIR="$folder/usr/share/git-core/templates"
fi
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
"$GIT" --version
"$GIT" init --quiet source
for text in one two; do
	echo "$text" > source/file
	"$GIT" -C source add file
	"$GIT" -C source -c user.name=a -c user.email=a@example.com commit --quiet --message "$text"
done
"$GIT" -C source config uploadpack.allowFilter true
"$GIT" clone --quiet --filter=blob:none "file://$folder/source" clone
changed=0

# ask EXPECTED NAME...: the answers, without the ids, and the status
ask() {
	expected=$1
	shift
	seen=$(
		{
			printf '%s\n' "$@" | GIT_NO_LAZY_FETCH=1 "$GIT" -C clone cat-file --batch-check 2> errors \
				&& echo "status $?" || echo "status $?"
		} | sed 's/^[0-9a-f]\{40\} //' | paste -s -d , -
	)
	echo "$*: $seen"
	[ "$seen" = "$expected" ] || { echo "  (was: $expected)"; changed=1; }
}

ask "blob 4,HEAD:none missing,blob 4,status 0" HEAD:file HEAD:none HEAD:file
ask "blob 4,status 128" HEAD:file HEAD~1:file HEAD:file
exit "$changed"

# Seen:
#   git version 2.39.5
#   HEAD:file HEAD:none HEAD:file: blob 4,HEAD:none missing,blob 4,status 0
#   HEAD:file HEAD~1:file HEAD:file: blob 4,status 128
