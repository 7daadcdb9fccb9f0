// SPDX-License-Identifier: MIT
//! Before somebody is in: cookies, knocking, admission, refusal.
