#!/bin/sh
# `git rev-list --walk-reflogs --format=%gd` prints an empty line for the name of each entry.
#
# Version: git 2.39.5 (Debian 12, git 1:2.39.5-0+deb12u3).
# Behaviour: `%gd` and `%gs` are empty. `git log --walk-reflogs` with the same format prints `stash@{0}` and the message.
# Reason: rev-list gives its formatter no information about the reflog that it walks.
# Expected: the same names. The manual of rev-list lists `%gd` among its formats, and `--walk-reflogs` among its options.
# Affected: scripts that list the stash with plumbing, because `git log` and `git stash list` follow the user's
#   configuration. The output has no error, so the stash looks empty.
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
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.com GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.com
"$GIT" --version
"$GIT" init --quiet --initial-branch main source
cd source
echo one > file
"$GIT" add file
"$GIT" commit --quiet --message one
echo two > file
"$GIT" stash push --quiet --message kept
changed=0

# ask EXPECTED COMMAND: the names and messages of the stash's entries, without the line with the id
ask() {
	seen=$("$GIT" "$2" --walk-reflogs "--format=name <%gd>, message <%gs>" refs/stash -- | grep -v '^commit ')
	echo "$2: $seen"
	[ "$seen" = "$1" ] || { echo "  (was: $1)"; changed=1; }
}

ask "name <>, message <>" rev-list
ask "name <stash@{0}>, message <On main: kept>" log
exit "$changed"

# Seen:
#   git version 2.39.5
#   rev-list: name <>, message <>
#   log: name <stash@{0}>, message <On main: kept>
