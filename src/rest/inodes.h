/* A file by its number instead of its name: "/.reserved/.inodes/16393".
 *
 * An OPEN goes by path, so a file that is replaced between two ranges would give a mix of two
 * files. By its number it is the same file, wherever it is renamed to, or an error. Measured with
 * Hadoop 3.4.2: a NameNode, its redirects and a DataNode that is asked directly take such paths for
 * OPEN, GETFILESTATUS and GET_BLOCK_LOCATIONS; permissions, also of the directories above, count as
 * for the name; a file that was removed or replaced is FileNotFound ("File for given inode path
 * does not exist"), one that is being written is read as far as it is flushed. Two things to know:
 *  - a file that was removed, but lives on in a snapshot, is found where it was: when another file
 *    has its name now, that one is opened (its GETFILESTATUS then says another fileId);
 *  - a router of several NameNodes (and HttpFS in front of one) would look for the number at one of
 *    them, and find another file that has it there. So such paths are used only where the server
 *    itself says that it is a NameNode.
 *
 * Threads: kx_inodes_learn before several use the client; the others from any thread. */
#pragma once
#include "rest/client.h"

/** Find out whether the server is a NameNode: one request outside of WebHDFS (/jmx), at most 2 s;
 * what fails means no, and so do gateways and logins. Until it was called nobody opens by number.
 */
void kx_inodes_learn(struct kx_client *client);

/** @return owned: the path by which to open the file that `path` was, when it had that fileId;
 * NULL: by its name (the server is not known for it, file_id is 0, or the path is in a snapshot,
 * where the fileId is the live file's). */
char *kx_inodes_path(struct kx_client *client, const char *path, uint64_t file_id);

/** The server has refused such a path, though the file is there: names are used from now on. */
void kx_inodes_refused(struct kx_client *client);
