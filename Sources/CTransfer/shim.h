// SPDX-License-Identifier: Apache-2.0
// libcurl, whose setters take what Swift cannot pass: one argument of any type.
#pragma once
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <stdbool.h>

// close_range(2): not in the Glibc module.
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif
int close_range(unsigned first, unsigned last, int flags);

typedef size_t (*martlet_curl_bytes)(char *, size_t, size_t, void *);
typedef int (*martlet_curl_seek)(void *, curl_off_t, int);
typedef int (*martlet_curl_ready)(void *, char *, char *, int, int);
typedef curl_socket_t (*martlet_curl_socket)(void *, curlsocktype, struct curl_sockaddr *);

static inline CURLcode martlet_curl_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode martlet_curl_set_size(CURL *easy, CURLoption option, long long value) {
    return curl_easy_setopt(easy, option, (curl_off_t)value);
}
static inline CURLcode martlet_curl_set_text(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode martlet_curl_set_pointer(CURL *easy, CURLoption option, void *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode martlet_curl_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode martlet_curl_set_bytes(CURL *easy, CURLoption option, martlet_curl_bytes value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode martlet_curl_set_seek(CURL *easy, martlet_curl_seek value) {
    return curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, value);
}
static inline CURLcode martlet_curl_set_socket(CURL *easy, martlet_curl_socket value) {
    return curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, value);
}
static inline CURLcode martlet_curl_set_ready(CURL *easy, martlet_curl_ready value) {
    return curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, value);
}
// A copy of bytes, for options that take a blob.
static inline CURLcode martlet_curl_set_blob(CURL *easy, CURLoption option, const void *bytes, size_t count) {
    struct curl_blob blob = {(void *)bytes, count, CURL_BLOB_COPY};
    return curl_easy_setopt(easy, option, &blob);
}
static inline long martlet_curl_long(CURL *easy, CURLINFO info) {
    long value = 0;
    curl_easy_getinfo(easy, info, &value);
    return value;
}
static inline const char *martlet_curl_text(CURL *easy, CURLINFO info) {
    char *value = NULL;
    curl_easy_getinfo(easy, info, &value);
    return value;
}
static inline void *martlet_curl_private(CURL *easy) {
    void *value = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &value);
    return value;
}
typedef int (*martlet_curl_watch)(CURL *, curl_socket_t, int, void *, void *);
typedef int (*martlet_curl_timer)(CURLM *, long, void *);
// What the handle waits for is told to both, with `owner`: to be asked for by `curl_multi_socket_action` alone.
static inline bool martlet_curl_multi_watch(CURLM *multi, void *owner, martlet_curl_watch watch, martlet_curl_timer timer) {
    return curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, watch) == CURLM_OK &&
           curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, owner) == CURLM_OK &&
           curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, timer) == CURLM_OK &&
           curl_multi_setopt(multi, CURLMOPT_TIMERDATA, owner) == CURLM_OK;
}
static inline CURLMcode martlet_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}
// The result of a message that says a transfer is done.
static inline CURLcode martlet_curl_result(const CURLMsg *message) { return message->data.result; }

// libcurl opens its wake-up sockets without close-on-exec. No descriptor of ours is meant to outlive an exec:
// children get theirs by number.
static inline CURLM *martlet_curl_multi_init(void) {
    CURLM *multi = curl_multi_init();
    close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    return multi;
}
// The socket of a connection that was made with CURLOPT_CONNECT_ONLY, or -1.
static inline int martlet_curl_active_socket(CURL *easy) {
    curl_socket_t value = CURL_SOCKET_BAD;
    curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &value);
    return value;
}
typedef int (*martlet_curl_progress)(void *, curl_off_t, curl_off_t, curl_off_t, curl_off_t);
static inline CURLcode martlet_curl_set_progress(CURL *easy, martlet_curl_progress value) {
    return curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, value);
}
// Like `martlet_curl_multi_init`, for a handle that makes its connection itself.
static inline CURLcode martlet_curl_perform(CURL *easy) {
    CURLcode code = curl_easy_perform(easy);
    close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    return code;
}
