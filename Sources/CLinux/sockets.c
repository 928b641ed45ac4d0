/* unix(7) sockets. */
#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "CLinux.h"

int32_t cl_unix_socket(int32_t type, bool nonblocking) {
  return socket(AF_UNIX, type | SOCK_CLOEXEC | (nonblocking ? SOCK_NONBLOCK : 0), 0);
}

int32_t cl_unix_pair(int32_t type, int32_t descriptors[2]) {
  return socketpair(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, descriptors);
}

static int32_t fill(struct sockaddr_un *address, const char *path, bool abstract) {
  size_t length = strlen(path);
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  if (length == 0) return errno = EINVAL, -1;
  if (length >= sizeof address->sun_path) return errno = ENAMETOOLONG, -1;
  memcpy(address->sun_path, path, length);
  bool hidden = abstract && path[0] == '@';
  if (hidden) address->sun_path[0] = 0;
  return (int32_t)(offsetof(struct sockaddr_un, sun_path) + length + (hidden ? 0 : 1));
}

int32_t cl_unix_bind(int32_t socket, const char *path, uint32_t mode) {
  struct sockaddr_un address;
  int32_t length = fill(&address, path, false);
  if (length < 0) return -1;
  if (fchmod(socket, mode) != 0) return -1; /* bind takes the file's mode from the socket: no moment with a wider one */
  return bind(socket, (struct sockaddr *)&address, (socklen_t)length);
}

int32_t cl_unix_connect(int32_t socket, const char *path, bool abstract) {
  struct sockaddr_un address;
  int32_t length = fill(&address, path, abstract);
  return length < 0 ? -1 : connect(socket, (struct sockaddr *)&address, (socklen_t)length);
}

int32_t cl_listen(int32_t socket, int32_t backlog) { return listen(socket, backlog); }

int32_t cl_accept(int32_t socket) { return accept4(socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK); }

int32_t cl_peer_credentials(int32_t socket, int32_t *pid, uint32_t *uid, uint32_t *gid) {
  struct ucred peer;
  socklen_t length = sizeof peer;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return -1;
  *pid = peer.pid;
  *uid = peer.uid;
  *gid = peer.gid;
  return 0;
}

int64_t cl_send(int32_t socket, const void *bytes, uint64_t length) {
  return send(socket, bytes, length, MSG_NOSIGNAL);
}

int64_t cl_send_now(int32_t socket, const void *bytes, uint64_t length) {
  return send(socket, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
}

int64_t cl_receive(int32_t socket, void *bytes, uint64_t capacity, bool *truncated) {
  struct iovec part = {.iov_base = bytes, .iov_len = capacity};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  ssize_t count = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  *truncated = count >= 0 && (message.msg_flags & MSG_TRUNC) != 0;
  return count;
}
